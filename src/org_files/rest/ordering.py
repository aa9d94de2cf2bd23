"""Orderings of lists, and the rows beyond a position in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, Func, OrderBy, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext
from rest_framework import exceptions, filters
from rest_framework.request import Request


@dataclass(frozen=True)
class Term:
    """A column or annotation to order by, rows without a value last."""

    source: str
    is_descending: bool = False
    is_nullable: bool = False

    def __str__(self) -> str:
        return f"{'-' * self.is_descending}{self.source}"

    def order_by(self, *, backward: bool = False) -> OrderBy:
        """Return the expression for ``order_by``."""
        nulls = {"nulls_first" if backward else "nulls_last": True} if self.is_nullable else {}
        return OrderBy(F(self.source), descending=self.is_descending != backward, **nulls)

    def later(self, value: Any, *, backward: bool) -> Q | None:
        """Return the condition of values after ``value``, or before it; ``None`` without any."""
        if value is None:
            return Q(**{f"{self.source}__isnull": False}) if backward else None
        than = "lt" if self.is_descending != backward else "gt"
        found = Q(**{f"{self.source}__{than}": value})
        nulls = Q(**{f"{self.source}__isnull": True}) if self.is_nullable and not backward else Q()
        return found | nulls


class _Row(Func):
    """Values that are compared as one, the first that differs deciding."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def field_of(queryset: QuerySet[Any], source: str) -> Any:
    """Return the field of a column, of the primary key, or of an annotation."""
    annotation = queryset.query.annotations.get(source)
    if annotation is not None:
        return annotation.output_field
    meta = queryset.model._meta
    return meta.pk if source == "pk" else meta.get_field(source)


def terms_of(request: Request, view: Any, queryset: QuerySet[Any]) -> list[Term]:
    """Return the terms that the request asks for, the last of which is the primary key.

    Raises ``ValidationError`` for a field that ``view.ordering_fields`` does not list.
    """
    asked = request.query_params.get("ordering")
    terms: dict[str, Term] = {}
    is_descending = False
    for text in asked.split(",") if asked else [view.ordering]:
        name = text.removeprefix("-")
        if name not in view.ordering_fields:
            message = gettext("Takes %(fields)s; - for descending.")
            allowed = ", ".join(view.ordering_fields)
            raise exceptions.ValidationError({"ordering": [message % {"fields": allowed}]})
        source = view.ordering_sources.get(name, name)
        nullable = name in view.nullable_ordering or getattr(
            field_of(queryset, source), "null", False
        )
        # A field that is named again decides nothing, nor the direction of the key.
        if source not in terms:
            is_descending = text.startswith("-")
            terms[source] = Term(source, is_descending, nullable)
    return [*terms.values(), Term("pk", is_descending)]


def ordered(
    queryset: QuerySet[Any], terms: Sequence[Term], *, backward: bool = False
) -> QuerySet[Any]:
    """Return ``queryset`` in the order of ``terms``, or the reverse."""
    return queryset.order_by(*(term.order_by(backward=backward) for term in terms))


def beyond(
    queryset: QuerySet[Any], terms: Sequence[Term], values: Sequence[Any], *, backward: bool
) -> QuerySet[Any]:
    """Return the rows of ``queryset`` after the one with ``values``, or before it."""
    pairs = list(zip(terms, values, strict=True))
    same_direction = len({term.is_descending for term in terms}) == 1
    if same_direction and not any(term.is_nullable for term in terms):
        than = LessThan if terms[0].is_descending != backward else GreaterThan
        row = _Row(*(F(term.source) for term in terms))
        fields = [field_of(queryset, term.source) for term in terms]
        position = _Row(*map(Value, values, fields))
        # MariaDB enters an index by the first column alone.
        at_least = Q(**{f"{terms[0].source}__{than.lookup_name}e": values[0]})
        return queryset.filter(at_least, than(row, position))
    condition = Q()
    for term, value in reversed(pairs):
        tied = Q(**{term.source: value} if value is not None else {f"{term.source}__isnull": True})
        later = term.later(value, backward=backward)
        if term.source == "pk":
            condition = later
        else:
            condition = tied & condition if later is None else later | (tied & condition)
    return queryset.filter(condition)


class Ordering(filters.OrderingFilter):
    """Ordering that refuses other fields, where the parent ignores them."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Order as requested, rows without a value last, and by key where all else is equal."""
        return ordered(queryset, terms_of(request, view, queryset))
