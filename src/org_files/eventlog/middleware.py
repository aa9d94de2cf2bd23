"""Middleware that gives events their request."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

from org_files.events import request_context


@sync_and_async_middleware
def event_context(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: events of a request have its actor, address and id.

    The views of this package need no middleware for that.
    """

    async def respond_async(request: HttpRequest) -> Any:
        with request_context(request):
            return await get_response(request)

    def respond(request: HttpRequest) -> Any:
        with request_context(request):
            return get_response(request)

    return respond_async if iscoroutinefunction(get_response) else respond
