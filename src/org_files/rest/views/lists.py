"""The base of all lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.rest.base import BaseView
from org_files.rest.filters import LIST_FILTERS
from org_files.rest.pagination import Pagination
from org_files.rest.parameters import refuse_unknown_of_list

__all__ = ["ListView"]


class ListView(BaseView):
    """A list with filters, search, ordering and paging. ``get_queryset`` says what is in it."""

    filter_backends = LIST_FILTERS
    pagination_class = Pagination
    filterset_class: Any = None
    search_fields: Sequence[str] = ()
    ordering_fields: Sequence[str] = ()
    #: What the list is ordered by unless asked otherwise.
    ordering: str
    #: Columns behind names of the contract, where they differ.
    ordering_sources: Mapping[str, str] = {}
    nullable_ordering: frozenset[str] = frozenset()
    #: By what a cursor can page.
    cursor_fields: Sequence[str] = ()
    extra_parameters: Sequence[str] = ()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page."""
        refuse_unknown_of_list(request, self)
        return self.respond(self.get_queryset())

    def respond(self, queryset: QuerySet[Any]) -> Response:
        """Filter, order, cut out the page, and answer with it."""
        page: Any = self.paginate_queryset(self.filter_queryset(queryset))
        self.complete(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def complete(self, rows: Sequence[Any]) -> None:
        """Add to the rows of a page what takes a query for all of them together."""
