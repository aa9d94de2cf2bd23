"""Answers whose bytes are made while they are sent."""

from collections.abc import AsyncIterator, Generator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

from org_files.delivery.base import CONTENT_SECURITY_POLICY, PROTECTION, forbid_compression
from org_files.delivery.names import content_disposition

#: Blocks of bytes.
Blocks = Generator[bytes, None, None]


def stream(
    request: HttpRequest, blocks: Blocks, *, name: str, content_type: str
) -> StreamingHttpResponse:
    """Return an answer to ``request`` with ``blocks``, an attachment that is saved as ``name``.

    It has neither a length nor a validator, and takes no ranges. ``blocks`` is closed with the
    response, also where the client is gone before the end.
    """
    is_asgi = hasattr(request, "scope")
    response = StreamingHttpResponse(_in_thread(blocks) if is_asgi else blocks)
    if is_asgi:
        response._resource_closers.append(blocks.close)  # type: ignore[attr-defined]
    headers = response.headers
    headers["Content-Type"] = content_type
    headers["Content-Disposition"] = content_disposition(name)
    headers["Accept-Ranges"] = "none"
    headers["Cache-Control"] = "private, no-store"
    headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; sandbox"
    for header, value in PROTECTION.items():
        headers[header] = value
    forbid_compression(response)
    return response


async def _in_thread(blocks: Blocks) -> AsyncIterator[bytes]:
    # That of the view, which also closes them: a generator takes one call at a time, and may use
    # the connection to the database.
    following = sync_to_async(_next)
    while (block := await following(blocks)) is not None:
        yield block


def _next(blocks: Blocks) -> bytes | None:
    return next(blocks, None)
