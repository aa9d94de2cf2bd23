"""Two of the usual middleware, each with one thing put right for a site of files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware


class SlashMiddleware(CommonMiddleware):
    """Django's, which sends only those who read to the address with a slash."""

    def process_request(self, request: HttpRequest) -> Any:
        """Refuse a foreign host; where a program asks, in its language."""
        try:
            return super().process_request(request)
        except DisallowedHost:
            if not request.path.startswith("/api/"):
                raise
            body = {"detail": "This site has no such host.", "code": "bad_request"}
            return JsonResponse(body, status=400)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Return whether to redirect. An upload would arrive without its body, so it is a 404."""
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Whitenoise, whose answers ASGI servers can send block by block."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """Answer with a static file."""
        response = WhiteNoiseMiddleware.serve(static_file, request)
        if hasattr(request, "scope"):  # ASGI
            # Django would otherwise read the whole file first, and warn of it.
            response.streaming_content = _blocks(iter(response.streaming_content))
        return response


async def _blocks(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(next, content, b""):
        yield block
