"""The formats that pictures come in, and how their files begin."""

from __future__ import annotations

__all__ = ["picture_type"]


def picture_type(head: bytes) -> str | None:
    """Return the content type of the picture that begins with ``head`` (12 bytes are enough).

    ``None`` where it is none, or of a format that is not decoded here.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return None
