"""Pages of the site beside those of the package, and the first page of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from org_files import __version__
from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy, get_policy
from org_files.web.views.base import ErrorPage, Page

POLICIES = {
    OpenPolicy: "All users see every organization and every file.",
    OrganizationPolicy: "Users see the files of their own organizations, and public ones.",
    OwnerPolicy: "Users see the files that they have stored themselves.",
}


class AboutPage(Page):
    """What the site is, with links to its parts."""

    title = "A shared library of files, with every download counted"
    template_name = "example/about.html"
    needs_login = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            version=__version__, policy=POLICIES.get(type(get_policy()), ""), **kwargs
        )


def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Show the page of an address that the site does not have."""
    page = ErrorPage(status=HTTPStatus.NOT_FOUND, messages=["The address may be mistyped."])
    page.setup(request)
    return page.get(request)


class APIRootView(APIView):
    """Lists of the API, and its description."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)

    def get_view_name(self) -> str:
        return "API"

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        names = {
            "files": "org_files:file-list",
            "organizations": "org_files:organization-list",
            "downloads": "org_files:download-list",
            "schema": "schema",
            "docs": "docs",
        }
        return Response({key: reverse(name, request=request) for key, name in names.items()})
