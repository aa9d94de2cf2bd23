"""Who acts and from where, also in the admin and in a site's own views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from org_files.events import answering
from org_files.events.addresses import address_of

__all__ = ["event_context"]


@sync_and_async_middleware
def event_context(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: what is recorded while a request is answered has its actor, address and id.

    The views of this package see to that themselves.
    """
    if iscoroutinefunction(get_response):
        response_of: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            with answering(request, address_of):
                return await response_of(request)

        return answer_later

    def answer(request: HttpRequest) -> Any:
        with answering(request, address_of):
            return get_response(request)

    return answer
