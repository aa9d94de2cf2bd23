"""Pages by number, which can be counted, and by cursor, whose cost does not grow with depth."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import DateTimeField, IntegerField, Model, Q, QuerySet
from django.template import loader
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from org_files.rest.errors import NotFound
from org_files.rest.fields import MAX_INTEGER, parse_pk
from org_files.rest.filters import ordering_of
from org_files.rest.sealing import seal, unseal

__all__ = ["Pagination"]

DEFAULT_SIZE = 50
MAX_SIZE = 200

NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class Pagination(pagination.BasePagination):
    """``?page=`` from 1 and ``?page_size=``; ``?cursor=``, empty to start, instead of ``page``."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page asked for.

        Raises ``NotFound`` for a page that there is not, ``ValidationError`` for a size or a
        cursor that is none.
        """
        size = _page_size(request)
        url = request.build_absolute_uri()
        pages = (
            _CursorPages(queryset, request, view, size)
            if "cursor" in request.query_params
            else _NumberedPages(queryset, request, size)
        )
        self.body = pages.body(lambda name, value: replace_query_param(url, name, value))
        self.display_page_controls = any((self.body["previous"], self.body["next"]))
        return pages.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with its neighbours."""
        return Response(self.body | {"results": data})

    def to_html(self) -> str:
        """Return the links of the browsable API to the neighbours."""
        template = loader.get_template("rest_framework/pagination/previous_and_next.html")
        urls = {"previous_url": self.body["previous"], "next_url": self.body["next"]}
        return template.render(urls)

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        """Return the JSON schema of a page."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Not with `cursor`."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters of paging, for the schema."""
        number = {"type": "integer", "minimum": 1}
        cursor = "Empty to start; then the one in `next` or `previous`. Instead of `page`."
        return [
            _parameter("page", "Which page, from 1.", number),
            _parameter(
                "page_size",
                "Rows in a page.",
                number | {"maximum": MAX_SIZE, "default": DEFAULT_SIZE},
            ),
            _parameter("cursor", cursor, {"type": "string"}),
        ]


Link = Callable[[str, Any], str]


class _NumberedPages:
    def __init__(self, queryset: QuerySet[Any], request: Request, size: int) -> None:
        text = request.query_params.get("page", "1")
        self.page = int(text) if NUMBER.fullmatch(text) else 0
        self.size = size
        self.count = queryset.count()
        if self.page < 1 or (self.page > 1 and (self.page - 1) * size >= self.count):
            raise NotFound
        start = (self.page - 1) * size
        self.rows = list(queryset[start : start + size])

    def body(self, link: Link) -> dict[str, Any]:
        more = self.page * self.size < self.count
        return {
            "count": self.count,
            "next": link("page", self.page + 1) if more else None,
            "previous": link("page", self.page - 1) if self.page > 1 else None,
        }


@dataclass(frozen=True)
class _Cursor:
    """A position: the row just before or just after the page.

    Clients get it encrypted: keys count the rows of every organization.
    """

    backward: bool
    value: Any
    pk: Any

    def encode(self, purpose: str) -> str:
        parts = [self.backward, self.value, self.pk]
        text = json.dumps(parts, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
        return seal(text, purpose=purpose)

    @classmethod
    def decode(cls, text: str, purpose: str, model: type[Model], source: str) -> _Cursor:
        try:
            backward, value, pk = json.loads(unseal(text, purpose=purpose))
            key = parse_pk(model, str(pk))
            if not isinstance(backward, bool) or key is None:
                raise ValueError
            value = _position(model._meta.get_field(source), value)
        # The site's models or its keys may have changed since.
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            message = _("The cursor is not valid.")
            raise exceptions.ValidationError({"cursor": [message]}) from error
        return cls(backward, value, key)


class _CursorPages:
    def __init__(self, queryset: QuerySet[Any], request: Request, view: Any, size: int) -> None:
        if "page" in request.query_params:
            raise exceptions.ValidationError({"cursor": [_("Takes no page beside it.")]})
        ordering = ordering_of(request, view)
        if len(ordering) != 1 or ordering[0].removeprefix("-") not in view.cursor_fields:
            message = _("With a cursor takes %(fields)s.")
            allowed = ", ".join(view.cursor_fields)
            raise exceptions.ValidationError({"ordering": [message % {"fields": allowed}]})
        self.ordering = ordering[0]
        name = self.ordering.removeprefix("-")
        self.source = view.ordering_sources.get(name, name)
        # A cursor of another model or another ordering is not valid here.
        self.purpose = f"{queryset.model._meta.label} {self.ordering}"
        text = request.query_params["cursor"]
        self.cursor = (
            _Cursor.decode(text, self.purpose, queryset.model, self.source) if text else None
        )
        backward = self.cursor is not None and self.cursor.backward
        if backward:
            queryset = queryset.reverse()
        if self.cursor is not None:
            queryset = queryset.filter(self._behind(self.cursor))
        rows = list(queryset[: size + 1])
        self.more = len(rows) > size
        self.rows = rows[:size]
        if backward:
            self.rows.reverse()

    def _behind(self, cursor: _Cursor) -> Q:
        descending = self.ordering.startswith("-") != cursor.backward
        than = "lt" if descending else "gt"
        # The first condition alone is what an index can be entered by.
        return Q(**{f"{self.source}__{than}e": cursor.value}) & (
            Q(**{f"{self.source}__{than}": cursor.value}) | Q(**{f"pk__{than}": cursor.pk})
        )

    def _at(self, row: Model, *, backward: bool) -> str:
        value = getattr(row, self.source)
        # DjangoJSONEncoder would cut a moment to milliseconds.
        value = value.isoformat() if hasattr(value, "isoformat") else value
        return _Cursor(backward, value, row.pk).encode(self.purpose)

    def body(self, link: Link) -> dict[str, Any]:
        backward = self.cursor is not None and self.cursor.backward
        has_next = self.more or backward
        has_previous = self.more if backward else self.cursor is not None
        rows = self.rows
        return {
            "next": link("cursor", self._at(rows[-1], backward=False))
            if has_next and rows
            else None,
            "previous": link("cursor", self._at(rows[0], backward=True))
            if has_previous and rows
            else None,
        }


def _position(field: Any, value: Any) -> Any:
    """Return the value of ``field`` that ``value``, which a client sent, is in JSON."""
    if isinstance(field, DateTimeField):
        moment = parse_datetime(value)
        if moment is None or is_naive(moment):
            raise ValueError
        return moment.astimezone(UTC)
    if isinstance(field, IntegerField):
        if type(value) is not int or abs(value) > MAX_INTEGER:
            raise ValueError
        return value
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    value.encode()  # lone surrogates
    return value


def _page_size(request: Request) -> int:
    text = request.query_params.get("page_size")
    if text is None:
        return DEFAULT_SIZE
    if not NUMBER.fullmatch(text) or not 1 <= int(text) <= MAX_SIZE:
        message = _("Takes a number from 1 to %(limit)d.")
        raise exceptions.ValidationError({"page_size": [message % {"limit": MAX_SIZE}]})
    return int(text)


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }
