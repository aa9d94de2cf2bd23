"""Numbered pages and cursor pages of lists."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from org_files.db.keys import parse_pk
from org_files.rest.errors import NotFound
from org_files.rest.ordering import Term, field_of, terms_of
from org_files.rest.sealing import seal, unseal
from org_files.rest.slices import Slice

NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)

#: The most rows that a list counts one by one.
COUNT_LIMIT = 10_000

#: The most rows that are counted before stored totals are read.
FEW = 1_000


class Pagination(pagination.PageNumberPagination):
    """Numbered pages: ``?page=`` from 1 and ``?page_size=``."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    page: Any
    request: Any

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        size, number = self.get_page_size(request), self.get_page_number(request)
        start = (number - 1) * size
        terms = terms_of(request, view, queryset)
        here = Slice(
            queryset=queryset,
            terms=terms,
            size=size,
            start=start,
            is_sorted=view.is_sorted,
            divisions=view.divisions,
        )
        rows, found = here.fetch()
        if number > 1 and not found:
            raise NotFound
        has_next = found > size
        known = None if has_next else start + found
        count, self.count_is = self._count(here, view, known)
        paginator = Paginator(rows, size)
        paginator.count = count
        paginator.num_pages = max(-(-count // size), number + has_next)
        self.display_page_controls = paginator.num_pages > 1
        self.page = Page(rows, number, paginator)
        return list(self.page)

    def get_page_number(self, request: Request, paginator: Any = None) -> int:
        # Django takes digits of every script.
        number: str = request.query_params.get(self.page_query_param, "1")
        if not NUMBER.fullmatch(number) or int(number) == 0:
            raise NotFound
        return int(number)

    def _count(self, here: Slice, view: Any, known: int | None) -> tuple[int, str]:
        """Return ``count`` and ``count_is``. ``known`` is the number of rows, if already known."""
        if known is None and not view.is_filtered:
            few = here.count(FEW + 1)
            known = few if few <= FEW else None
        if known is not None and known <= COUNT_LIMIT:
            return known, "exact"
        stored = view.stored_count()
        # Rows that were inserted without the package's services are in no stored total.
        if stored is not None and stored > COUNT_LIMIT:
            return stored, "exact"
        if known is None and (found := here.count(COUNT_LIMIT + 1)) <= COUNT_LIMIT:
            return found, "exact"
        return COUNT_LIMIT, "at_least"

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not NUMBER.fullmatch(text) or not 1 <= int(text) <= self.max_page_size:
            message = _("Takes a number from 1 to %(limit)d.") % {"limit": self.max_page_size}
            raise exceptions.ValidationError({self.page_size_query_param: [message]})
        return int(text)

    def get_previous_link(self) -> str | None:
        """Return the URL of the page before, which has a number also where that is 1."""
        if not self.page.has_previous():
            return None
        url = self.request.build_absolute_uri()
        return replace_query_param(
            url, self.page_query_param, str(self.page.previous_page_number())
        )

    def get_paginated_response(self, data: Any) -> Response:
        counted = {"count": self.page.paginator.count, "count_is": self.count_is}
        return Response(counted | super().get_paginated_response(data).data)

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Not with `cursor`."},
                "count_is": {
                    "type": "string",
                    "enum": ["exact", "at_least"],
                    "description": f"`at_least` where the list has more than {COUNT_LIMIT:,} rows "
                    f"and no stored total: `count` is {COUNT_LIMIT:,} then. Not with `cursor`.",
                },
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        number = {"type": "integer", "minimum": 1}
        size = number | {"maximum": self.max_page_size, "default": self.page_size}
        cursor = "Empty to start; then the one in `next` or `previous`. Instead of `page`."
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
            for name, text, schema in (
                ("page", "Which page, from 1.", number),
                ("page_size", "Rows in a page.", size),
                ("cursor", cursor, {"type": "string"}),
            )
        ]


class CursorPagination(pagination.CursorPagination):
    """Pages by ``?cursor=``, empty to start, whose cost does not grow with depth.

    A cursor is the values by which the row beside the page is ordered, the primary key the last.
    The parent's has no key: it skips rows of equal value by OFFSET, and so repeats and loses rows
    while others are added. Clients get it encrypted, because keys count the rows of every
    organization.
    """

    page: Any
    base_url: Any

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        if "page" in request.query_params:
            raise exceptions.ValidationError({"cursor": [_("Takes no page beside it.")]})
        self.base_url = request.build_absolute_uri()
        self.terms = terms_of(request, view, queryset)
        # A cursor of another model or another ordering is not valid here.
        self.purpose = f"{queryset.model._meta.label} {','.join(map(str, self.terms[:-1]))}"
        size = Pagination().get_page_size(request)
        sent = request.query_params["cursor"]
        backward, position = self._position(sent, queryset) if sent else (False, ())
        self.slice = Slice(
            queryset=queryset,
            terms=self.terms,
            size=size,
            position=position,
            backward=backward,
            is_sorted=view.is_sorted,
            divisions=view.divisions,
        )
        self.page, found = self.slice.fetch()
        has_more = found > size
        if backward:
            self.page.reverse()
        self.has_next = bool(self.page) and (has_more or backward)
        self.has_previous = bool(self.page) and (has_more if backward else bool(sent))
        self.display_page_controls = self.has_next or self.has_previous
        return list(self.page)

    def count(self, limit: int) -> int:
        """Return the number of rows of the whole list, or ``limit`` if there are more."""
        return self.slice.count(limit)

    def get_next_link(self) -> str | None:
        return self._link(self.page[-1], backward=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page[0], backward=True) if self.has_previous else None

    def _link(self, row: Model, *, backward: bool) -> str:
        position = [backward, *(getattr(row, term.source) for term in self.terms)]
        text = json.dumps(position, default=str, ensure_ascii=False, separators=(",", ":"))
        return replace_query_param(self.base_url, "cursor", seal(text, purpose=self.purpose))

    def _position(self, cursor: str, queryset: QuerySet[Any]) -> tuple[bool, Sequence[Any]]:
        """Return direction and values. The site's models may have changed since."""
        try:
            backward, *texts, pk = json.loads(unseal(cursor, purpose=self.purpose))
            values = [
                _value(queryset, term, text)
                for term, text in zip(self.terms[:-1], texts, strict=True)
            ]
            key = parse_pk(queryset.model, str(pk))
            if key is None:
                raise ValueError
        except (ValueError, TypeError, ValidationError) as error:
            message = _("The cursor is not valid.")
            raise exceptions.ValidationError({"cursor": [message]}) from error
        return backward, [*values, key]


def _value(queryset: QuerySet[Any], term: Term, text: Any) -> Any:
    """Return the value of a term. Raises ``ValueError`` for one that no row has."""
    value = field_of(queryset, term.source).to_python(text)
    if value is None and not term.is_nullable:
        raise ValueError
    return value
