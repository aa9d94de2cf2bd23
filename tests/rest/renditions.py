"""Requests for the heights of pictures, and what comes of them."""

import io

from PIL import Image

from org_files.models import Download, PendingDownload


def path_of(file, height=200):
    return f"/api/files/{file.public_id}/renditions/{height}/"


def fetch(client, file, height=200, **headers):
    """Return the answer, read to its end; ``body`` holds what was read."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.get(path_of(file, height), headers=names)
    response.body = response.getvalue()
    return response


def image_of(response):
    """Return the picture in an answer."""
    assert response.status_code == 200, response.body
    image = Image.open(io.BytesIO(response.body))
    image.load()
    return image


def counted_nothing():
    """Return whether the ledger is empty."""
    return not Download.objects.exists() and not PendingDownload.objects.exists()
