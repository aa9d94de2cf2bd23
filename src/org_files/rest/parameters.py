"""Rules for the parameters of a URL."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.http import QueryDict
from django.utils.translation import gettext
from rest_framework import exceptions
from rest_framework.request import Request

__all__ = [
    "flag_of",
    "refuse_repeated_parameters",
    "refuse_unknown_of_list",
    "refuse_unknown_parameters",
]

#: Of Django REST framework, for every call.
ALWAYS = frozenset({"format"})

PAGING = frozenset({"page", "page_size", "cursor"})


def refuse_unknown_parameters(request: Request, known: Set[str] = frozenset()) -> None:
    """Raise ``ValidationError`` for a parameter that is none of ``known``, or holds NUL."""
    unknown = sorted(request.query_params.keys() - known - ALWAYS)
    if unknown:
        raise exceptions.ValidationError(
            {name[:100]: [gettext("There is no such parameter.")] for name in unknown[:10]},
            code="unknown_parameter",
        )
    no_null = ProhibitNullCharactersValidator()
    for name, value in request.query_params.items():
        try:
            no_null(value)
        except ValidationError as error:
            raise exceptions.ValidationError({name: error.messages}) from error


def refuse_unknown_of_list(request: Request, view: Any, *, is_page: bool = True) -> None:
    """Raise ``ValidationError`` for a parameter that the list does not have.

    Without ``is_page`` those that cut out a page are none of it.
    """
    known = {*(PAGING if is_page else ()), *view.extra_parameters}
    if view.filterset_class:
        known |= view.filterset_class.base_filters.keys()
    if view.search_fields:
        known.add("search")
    if view.ordering_fields:
        known.add("ordering")
    refuse_unknown_parameters(request, known)


def refuse_repeated_parameters(query: QueryDict) -> None:
    """Raise ``ValidationError`` for a parameter of ``query`` that is given more than once."""
    repeated = [name for name, values in query.lists() if len(values) > 1]
    if repeated:
        raise exceptions.ValidationError(
            {name[:100]: [gettext("Given more than once.")] for name in repeated[:10]}
        )


def flag_of(request: Request, name: str) -> bool:
    """Return whether the parameter ``name`` is true. Raises ``ValidationError``."""
    text = request.query_params.get(name, "false").lower()
    if text not in ("true", "false"):
        raise exceptions.ValidationError({name: [gettext("This is neither true nor false.")]})
    return text == "true"
