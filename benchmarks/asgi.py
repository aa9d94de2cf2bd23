"""The site for uvicorn, by both handlers, beside a bare application that receives uploads."""

from __future__ import annotations

from hashlib import sha256
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.asgi import get_asgi_application as get_django_application

from benchmarks.wsgi import BARE
from org_files.http.asgi import get_asgi_application


def beside_bare(site: Any) -> Any:
    """Return an application that reads, hashes and writes a body for ``BARE``, else ``site``."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != BARE:
            await site(scope, receive, send)
            return
        digest = sha256()
        with NamedTemporaryFile() as file:
            more = True
            while more:
                message = await receive()
                digest.update(message["body"])
                file.write(message["body"])
                more = message["more_body"]
        answer = digest.hexdigest().encode()
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return application


django = beside_bare(get_django_application())
org_files = beside_bare(get_asgi_application())
