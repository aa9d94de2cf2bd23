"""Requests for the heights of pictures, and what comes of them."""

from __future__ import annotations

import io
from typing import Any

from django.test import Client
from PIL import Image

from org_files.models import AbstractFile, Download, PendingDownload


def path_of(file: AbstractFile, height: Any = 200) -> str:
    return f"/api/files/{file.public_id}/renditions/{height}/"


def fetch(client: Client, file: AbstractFile, height: Any = 200, **headers: str) -> Any:
    """Return the answer, read to its end; ``body`` holds what was read."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Any = client.get(path_of(file, height), headers=names)
    response.body = response.getvalue()
    return response


def image_of(response: Any) -> Image.Image:
    """Return the picture in an answer."""
    assert response.status_code == 200, response.body
    image = Image.open(io.BytesIO(response.body))
    image.load()
    return image


def counted_nothing() -> bool:
    """Return whether the ledger is empty."""
    return not Download.objects.exists() and not PendingDownload.objects.exists()
