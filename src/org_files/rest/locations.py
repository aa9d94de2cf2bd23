"""Absolute URLs of contents and renditions."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.reverse import reverse

from org_files.models import AbstractFile


def content_url(file: AbstractFile, request: Request) -> str:
    """Return the URL of the bytes of ``file``."""
    kwargs = {"id": str(file.public_id)}
    return reverse("org_files:file-content", kwargs=kwargs, request=request)


def rendition_url(file: AbstractFile, height: int, request: Request) -> str:
    """Return the URL of one height of ``file``."""
    kwargs = {"id": str(file.public_id), "height": str(height)}
    return reverse("org_files:rendition", kwargs=kwargs, request=request)
