"""What pages take from the API: its serializers, lists and throttles."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, cast

from django.http import HttpRequest, QueryDict
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from org_files.rest.base import BaseView
from org_files.rest.parameters import refuse_repeated_parameters, refuse_unknown_of_list
from org_files.rest.views.lists import ListView


class CallsAPI:
    """The part of a page that asks serializers, lists and throttles of the API."""

    request: HttpRequest

    def valid(self, serializer: Any, *instance: Any, **options: Any) -> BaseSerializer[Any]:
        """Return a serializer of the API with the form as its data. Raises ``ValidationError``."""
        context = {"request": self.api_request(), "view": self}
        checked = serializer(*instance, data=self.request.POST, context=context, **options)
        checked.is_valid(raise_exception=True)
        return cast("BaseSerializer[Any]", checked)

    def api_request(self, query: Any = None) -> Request:
        """Return the request as views of the API get it, with other parameters if given."""
        inner = copy(self.request)
        if query is not None:
            inner.GET = query
        request = Request(inner)
        request.user = self.request.user
        return request

    def listed(
        self, view_class: type[ListView], *, own_parameters: Sequence[str] = (), **kwargs: Any
    ) -> tuple[list[Any], Any]:
        """Return a page of rows of a list of the API by cursor, and its paginator.

        Filters, search, ordering and rights are those of the API. ``own_parameters`` are those of
        the page, which the list does not know; ``kwargs`` those of the list's URL.
        """
        query = self.request.GET.copy()
        for name in own_parameters:
            query.pop(name, None)
        return self.page_of(self.list_view(view_class, query, **kwargs))

    def list_view(self, view_class: type[ListView], query: QueryDict, **kwargs: Any) -> ListView:
        """Return the view of a list of the API, with the parameters ``query`` and by cursor.

        Raises ``ValidationError`` for a parameter that the list does not have.
        """
        refuse_repeated_parameters(query)
        query = query.copy()
        # Forms send empty fields.
        for name in [name for name, text in query.items() if not text]:
            del query[name]
        query.setdefault("cursor", "")
        view = view_class()
        view.setup(self.request, **kwargs)
        view.request = self.api_request(query)
        view.format_kwarg = None
        refuse_unknown_of_list(view.request, view)
        return view

    def page_of(self, view: ListView) -> tuple[list[Any], Any]:
        """Return a page of rows of ``view``, and its paginator, whose links are those of pages."""
        rows = view.paginate_queryset(view.filter_queryset(view.get_queryset()))
        view.complete(rows or [])
        # Without the host, which a proxy may not tell.
        view.paginator.base_url = self.request.get_full_path()
        return list(rows or []), view.paginator

    def check_throttles(self, view_class: type[BaseView]) -> None:
        """Raise ``Throttled`` where a view of the API would, of which the page is another form."""
        view = view_class()
        view.setup(self.request)
        view.request = self.api_request()
        view.check_throttles(view.request)
