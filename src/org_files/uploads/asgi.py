"""An ASGI application that takes uploads as they arrive, around that of the site."""

from __future__ import annotations

from typing import Any

from org_files.http.asgi import STREAMS, get_asgi_application, is_late


class Uploads:
    """Serves uploads to this package's views as they arrive, and hands over all other requests.

    Args:
        application: the ASGI application of the site, such as that of ``django.core.asgi``.

    Uploads pass the middleware of ``settings.MIDDLEWARE``, and none that is around ``application``.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.uploads = get_asgi_application()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            # Views tell by it that bodies of any size may be sent.
            scope = scope | {STREAMS: True}
            if is_late(scope):
                await self.uploads(scope, receive, send)
                return
        await self.application(scope, receive, send)
