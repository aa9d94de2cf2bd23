"""Checks of the parameters of a URL, which Django REST framework ignores where it knows none."""

from collections.abc import Set
from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

#: A parameter of Django REST framework, for every call.
ALWAYS = frozenset({"format"})

PAGING = frozenset({"page", "page_size", "cursor"})


def refuse_unknown_parameters(request: Request, known: Set[str] = frozenset()) -> None:
    """Raise ``ValidationError`` for a parameter that is none of ``known``, or holds NUL."""
    unknown = request.query_params.keys() - known - ALWAYS
    _refuse(sorted(unknown), _("There is no such parameter."))
    with_null = [name for name, value in request.query_params.items() if "\0" in value]
    _refuse(with_null, str(ProhibitNullCharactersValidator.message))


def refuse_unknown_of_list(request: Request, view: Any, *, is_page: bool = True) -> None:
    """Raise ``ValidationError`` for a parameter that the list does not have.

    Without ``is_page``, those of paging are unknown too.
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
    _refuse(repeated, _("Given more than once."))


def flag_of(request: Request, name: str) -> bool:
    """Return whether the parameter ``name`` is true. Raises ``ValidationError``."""
    text = request.query_params.get(name, "false").lower()
    if text not in ("true", "false"):
        _refuse([name], _("This is neither true nor false."))
    return text == "true"


def _refuse(names: list[str], message: Any) -> None:
    if names:
        raise exceptions.ValidationError({name[:100]: [message] for name in names[:10]})
