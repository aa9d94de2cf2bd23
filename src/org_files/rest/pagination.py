"""Numbered pages and cursor pages of lists."""

import json
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from org_files.rest.errors import NotFound
from org_files.rest.fields import parse_pk
from org_files.rest.filters import ordering_of
from org_files.rest.sealing import seal, unseal

NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class Pagination(pagination.PageNumberPagination):
    """Numbered pages: ``?page=`` from 1 and ``?page_size=``."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    invalid_page_message: Any = NotFound.default_detail
    page: Any
    request: Any

    def get_page_number(self, request: Request, paginator: Any) -> str:
        # Django takes digits of every script.
        number: str = request.query_params.get(self.page_query_param, "1")
        if not NUMBER.fullmatch(number):
            raise NotFound
        return number

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

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
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

    A cursor is the value and the primary key of the row beside the page. The parent's has no key:
    it skips rows of equal value by OFFSET, and so repeats and loses rows while others are added.
    Clients get it encrypted, because keys count the rows of every organization.
    """

    page: Any
    base_url: Any

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        if "page" in request.query_params:
            raise exceptions.ValidationError({"cursor": [_("Takes no page beside it.")]})
        self.base_url = request.build_absolute_uri()
        terms = ordering_of(request, view)
        term, name = terms[0], terms[0].removeprefix("-")
        if len(terms) != 1 or name not in view.cursor_fields:
            message = _("With a cursor takes %(fields)s.")
            fields = ", ".join(view.cursor_fields)
            raise exceptions.ValidationError({"ordering": [message % {"fields": fields}]})
        self.source = view.ordering_sources.get(name, name)
        # A cursor of another model or another ordering is not valid here.
        self.purpose = f"{queryset.model._meta.label} {term}"
        size = Pagination().get_page_size(request)
        sent = request.query_params["cursor"]
        backward = False
        if sent:
            backward, value, pk = self._position(sent, queryset.model)
            if backward:
                queryset = queryset.reverse()
            than = "lt" if term.startswith("-") != backward else "gt"
            # The first condition alone is one that an index can be entered by.
            queryset = queryset.filter(
                Q(**{f"{self.source}__{than}e": value}),
                Q(**{f"{self.source}__{than}": value}) | Q(**{f"pk__{than}": pk}),
            )
        rows = list(queryset[: size + 1])
        has_more = len(rows) > size
        self.page = rows[:size]
        if backward:
            self.page.reverse()
        self.has_next = bool(self.page) and (has_more or backward)
        self.has_previous = bool(self.page) and (has_more if backward else bool(sent))
        self.display_page_controls = self.has_next or self.has_previous
        found: list[Any] = self.page
        return found

    def get_next_link(self) -> str | None:
        return self._link(self.page[-1], backward=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page[0], backward=True) if self.has_previous else None

    def _link(self, row: Model, *, backward: bool) -> str:
        position = [backward, getattr(row, self.source), row.pk]
        text = json.dumps(position, default=str, ensure_ascii=False, separators=(",", ":"))
        return replace_query_param(self.base_url, "cursor", seal(text, purpose=self.purpose))

    def _position(self, cursor: str, model: type[Model]) -> tuple[bool, Any, Any]:
        """Return direction, value and key. The site's models may have changed since."""
        try:
            backward, value, pk = json.loads(unseal(cursor, purpose=self.purpose))
            key = parse_pk(model, str(pk))
            field: Any = model._meta.get_field(self.source)
            value = field.to_python(value)
            if key is None or value is None:
                raise ValueError
        except (ValueError, TypeError, ValidationError) as error:
            message = _("The cursor is not valid.")
            raise exceptions.ValidationError({"cursor": [message]}) from error
        return backward, value, key
