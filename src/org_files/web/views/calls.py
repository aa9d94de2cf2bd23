"""Calls of the API's views by pages, within the process: their rights, validation and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, cast

from django.http import HttpRequest, QueryDict
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from org_files.rest.base import BaseView
from org_files.rest.errors import error_body
from org_files.rest.parameters import refuse_repeated_parameters, refuse_unknown_of_list
from org_files.rest.views.lists import ListView


class ApiCalls:
    """Mixin of pages. A page is a client of the API that shares its process and its session."""

    request: HttpRequest

    def call(
        self,
        view_class: type[BaseView],
        method: str,
        *,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call a view of the API and return the data of its answer.

        The body is ``data``, or else the form. ``kwargs`` are those of the view's URL. Raises the
        errors that the API answers with, those of rights, throttles and validation included.
        """
        view: Any = self.api_view(view_class, method=method, data=data, **kwargs)
        view.check_permissions(view.request)
        view.check_throttles(view.request)
        return getattr(view, method.lower())(view.request, **kwargs).data

    def api_view(
        self,
        view_class: type[BaseView],
        *,
        method: str | None = None,
        query: Any = None,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return a view of the API, set up for this request or another method, query or body."""
        view: Any = view_class()
        view.setup(self.request, **kwargs)
        view.request = self.api_request(query, method=method, data=data)
        view.format_kwarg = None
        return view

    def api_request(
        self,
        query: Any = None,
        *,
        method: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Request:
        """Return the request as views of the API get it, changed as ``api_view`` says."""
        inner: Any = copy(self.request)
        inner.method = method or inner.method
        if query is not None:
            inner.GET = query
        request: Any = Request(inner)
        # No parser of the API reads the form, which the page has read.
        request._data, request._files = inner.POST, inner.FILES
        request._full_data = inner.POST.copy()
        request._full_data.update(inner.FILES)
        if data is not None:
            request._data = request._full_data = data
        request.user = self.request.user
        request._authenticator = SessionAuthentication()
        return cast("Request", request)

    def valid(self, serializer: Any, *instance: Any, **options: Any) -> BaseSerializer[Any]:
        """Return a serializer of the API with the form, or ``data``, as its data.

        Raises ``ValidationError``.
        """
        context = {"request": self.api_request(), "view": self}
        data = options.pop("data", self.request.POST)
        checked = serializer(*instance, data=data, context=context, **options)
        checked.is_valid(raise_exception=True)
        return cast("BaseSerializer[Any]", checked)

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
        view: ListView = self.api_view(view_class, method="GET", query=query, **kwargs)
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
        view = self.api_view(view_class)
        view.check_throttles(view.request)


def messages_of(error: APIException) -> list[str]:
    """Return the sentences of an error, also those about single fields."""
    body = error_body(error)
    found = [body["detail"]] if "detail" in body else [m for each in body.values() for m in each]
    return [str(message) for message in found]
