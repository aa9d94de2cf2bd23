"""The policy of pages, and two common middleware classes, each with one change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.urls import Resolver404, resolve
from django.utils.deprecation import MiddlewareMixin
from whitenoise.middleware import WhiteNoiseMiddleware

from example.views import not_found

#: The Content-Security-Policy of pages.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'"
)

#: The admin, Swagger and the browsable API have scripts and styles in their pages.
WITHOUT_POLICY = ("/admin/", "/api/", "/api-auth/")


class PagePolicyMiddleware(MiddlewareMixin):
    """Sends ``PAGE_POLICY`` with every page. Contents of files have a stricter one already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        is_debug_page = settings.DEBUG and response.status_code == 500
        if not is_debug_page and not request.path.startswith(WITHOUT_POLICY):
            response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        return response


class SlashMiddleware(CommonMiddleware):
    """Django's middleware, but it redirects only GET and HEAD, and answers the API in JSON.

    The page of missing addresses is a view, which Django's would take for a page.
    """

    def process_request(self, request: HttpRequest) -> Any:
        try:
            return super().process_request(request)
        except DisallowedHost:
            if not request.path.startswith("/api/"):
                raise
            body = {"detail": "This site has no such host.", "code": "bad_request"}
            return JsonResponse(body, status=400)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        path = request.path_info
        # A redirected upload would lose its body.
        may_redirect = request.method in ("GET", "HEAD") and not path.endswith("/")
        return may_redirect and not _has_page(path) and _has_page(f"{path}/")


def _has_page(path: str) -> bool:
    try:
        return resolve(path).func is not not_found
    except Resolver404:
        return False


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Whitenoise, with asynchronous answers under ASGI."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        response = WhiteNoiseMiddleware.serve(static_file, request)
        if hasattr(request, "scope"):  # ASGI
            # Otherwise Django reads the whole file first, with a warning.
            response.streaming_content = _blocks(iter(response.streaming_content))
        return response


async def _blocks(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(next, content, b""):
        yield block
