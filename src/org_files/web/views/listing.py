"""The base of pages with a list of files: filters, sorting, table or grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from org_files.rest.pagination import FEW
from org_files.rest.views.files import FileListView
from org_files.rest.views.lists import ListView
from org_files.serving.archives import MAX_FILES
from org_files.web.filters import NEUTRAL, FileFilters, api_query
from org_files.web.rows import rows_of
from org_files.web.views.base import Page

LIST, GRID = "list", "grid"
VIEWS = (LIST, GRID)

#: The most files at once.
MAX_SELECTED = MAX_FILES

#: Key of the session.
VIEW_KEY = "org_files_web_view"


@dataclass(frozen=True)
class Column:
    """A head of the table."""

    title: Any
    #: The address of the list sorted by the column; empty for a column without order.
    url: str = ""
    #: ``ascending`` or ``descending``, if the list is sorted by the column.
    direction: str = ""


class FilesPage(Page):
    """Base of pages with a list of files. Subclasses name the list of the API."""

    list_view_class: type[ListView] = FileListView
    #: Parameters that the list always has, beside those of the address.
    fixed: Mapping[str, str] = {}
    #: Names and titles. Those that the list of the API can be ordered by are links.
    columns_in_order: Sequence[tuple[str, Any]] = (
        ("name", pgettext_lazy("of a file", "Name")),
        ("size", _("Size")),
        ("organization", _("Organization")),
        ("owner", _("Owner")),
        ("created_at", _("Created")),
        ("download_count", _("Downloads")),
    )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the list, or lead to its beginning where a page of it has become empty."""
        query = api_query(request.GET)
        query.update(self.fixed)
        self.list_of_api = self.list_view(self.list_view_class, query, **kwargs)
        self.files, self.pages = self.page_of(self.list_of_api)
        self.pages.base_url = self.address()
        if not self.files and request.GET.get("cursor"):
            return self.to_url(self.address())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = rows_of(self.files, policy=self.policy, user=self.user)
        count, is_exact = self.count()
        return super().get_context_data(
            rows=rows,
            pages=self.pages,
            count=count,
            is_exact=is_exact,
            filters=self.filters,
            columns=self.columns,
            has_organizations=self.has_organizations,
            view=self.chosen_view(),
            views=[(name, self.address(view=name)) for name in VIEWS],
            is_all_selected=self.request.GET.get("selected") == "page",
            select_all_url=self.address(cursor=self.request.GET.get("cursor"), selected="page"),
            unfiltered_url=self.address(**dict.fromkeys({*self.request.GET} - {*NEUTRAL})),
            list_query=self.address(**self.fixed).partition("?")[2],
            may_archive_all=is_exact and self.may_archive_all(count),
            may_delete_some=any(row.may_delete for row in rows),
            **kwargs,
        )

    @cached_property
    def filters(self) -> FileFilters:
        """The form of filters."""
        return FileFilters(self.request.GET, policy=self.policy, user=self.user)

    def chosen_view(self) -> str:
        """Return table or grid, as chosen now or earlier in the session."""
        chosen = self.request.GET.get("view")
        if chosen in VIEWS and chosen != self.request.session.get(VIEW_KEY):
            self.request.session[VIEW_KEY] = chosen
        return str(self.request.session.get(VIEW_KEY, LIST))

    def count(self) -> tuple[int, bool]:
        """Return the number of files of the whole list, and whether it is exact.

        Rows are counted up to ``FEW``, in one statement. Beyond, stored totals tell the number.
        """
        few: int = self.pages.count(FEW + 1)
        if few <= FEW:
            return few, True
        stored = self.list_of_api.stored_count()
        # Rows that were inserted without the package's services are in no stored total.
        return (FEW, False) if stored is None or stored <= FEW else (stored, True)

    def may_archive_all(self, count: int) -> bool:
        """Return whether a list of ``count`` files on several pages can be one archive."""
        # The selection finds them again by the list of all files.
        has_pages = self.pages.has_next or self.pages.has_previous
        return has_pages and count <= MAX_SELECTED and self.list_view_class is FileListView

    @property
    def has_organizations(self) -> bool:
        """Whether files of several organizations may be in the list."""
        is_one = len(self.filters.visible_organizations) == 1
        return not is_one or bool(self.filters["is_public"])

    @property
    def columns(self) -> list[Column]:
        """The heads of the table."""
        return [
            self._column(name, title)
            for name, title in self.columns_in_order
            if name != "organization" or self.has_organizations
        ]

    def _column(self, name: str, title: Any) -> Column:
        if name not in self.list_of_api.ordering_fields:
            return Column(title)
        ascending, descending, current = name, f"-{name}", self.filters.ordering
        directions = {ascending: "ascending", descending: "descending"}
        # Names begin with A; of all else, large values come first.
        is_by_name = name == "name"
        first, second = (ascending, descending) if is_by_name else (descending, ascending)
        url = self.address(ordering=second if current == first else first)
        return Column(title, url, directions.get(current, ""))

    def address(self, **changes: str | None) -> str:
        """Return the address of the list with other parameters, by default from its first page."""
        query = self.request.GET.copy()
        for name, value in {"selected": None, "cursor": None, **changes}.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path
