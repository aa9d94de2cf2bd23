"""Base of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.rest.base import BaseView
from org_files.rest.filters import LIST_FILTERS
from org_files.rest.pagination import CursorPagination, Pagination
from org_files.rest.parameters import refuse_unknown_of_list


class ListView(BaseView):
    """A list of ``get_queryset``, with filters, search, ordering and paging."""

    filter_backends = LIST_FILTERS
    pagination_class = Pagination
    filterset_class: Any = None
    search_fields: Sequence[str] = ()
    ordering_fields: Sequence[str] = ()
    #: The default ordering.
    ordering: str
    #: Columns behind names of the contract, where they differ.
    ordering_sources: Mapping[str, str] = {}
    nullable_ordering: frozenset[str] = frozenset()
    #: Fields of a cursor.
    cursor_fields: Sequence[str] = ()
    extra_parameters: Sequence[str] = ()

    @cached_property
    def paginator(self) -> Any:
        """The pages of the request: by cursor where it has one, else by number."""
        by_cursor = "cursor" in self.request.query_params
        return CursorPagination() if by_cursor else self.pagination_class()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page."""
        refuse_unknown_of_list(request, self)
        page: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        self.complete(page)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def complete(self, rows: Sequence[Any]) -> None:
        """Add values to the rows of a page that one query finds for all of them."""
