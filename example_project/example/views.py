"""The landing page, and the first page of the API."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from org_files import __version__
from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy, get_policy

POLICIES = {
    OpenPolicy: "All users see every organization and every file.",
    OrganizationPolicy: "Users see the files of their own organizations, and public ones.",
    OwnerPolicy: "Users see the files that they have stored themselves.",
}


class LandingView(TemplateView):
    """The first page of the site, with links to the others."""

    template_name = "example/landing.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            version=__version__, policy=POLICIES.get(type(get_policy()), ""), **kwargs
        )


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
