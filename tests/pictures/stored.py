"""Pictures that are stored, and what a store holds of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any
from unittest import mock

from PIL import Image

from org_files.models import AbstractFile, AbstractOrganization, Rendition
from org_files.pictures import services
from org_files.renditions import PictureInfo, scale
from org_files.storage import original_storage, rendition_storage
from org_files.testing.factories import make_stored_file
from tests.files.storages import blobs
from tests.renditions.pictures import picture


@cache
def photo(width: int = 1200, height: int = 900) -> bytes:
    """Return a JPEG."""
    return picture(width, height).getvalue()


def make_picture(
    organization: AbstractOrganization | None = None,
    owner: Any = None,
    *,
    content: bytes | None = None,
    name: str = "photo.jpg",
    **fields: Any,
) -> AbstractFile:
    """Store a picture of 1200 by 900 pixels, or ``content``, as an upload does."""
    content = photo() if content is None else content
    return make_stored_file(organization, owner, name=name, content=content, **fields)


def heights_there(file: AbstractFile) -> list[int]:
    """Return the heights that were made."""
    rows = Rendition.objects.filter(file=file.pk)
    return sorted(rows.values_list("height", flat=True))


def stored_keys() -> set[str]:
    """Return the keys of all bytes, after a look at whether each rendition has its own."""
    keys = set(Rendition.objects.values_list("key", flat=True))
    assert keys <= blobs(rendition_storage())
    return blobs(original_storage()) | blobs(rendition_storage())


def shown(rendition: Rendition) -> Image.Image:
    """Return the picture that a store holds."""
    with rendition_storage().open(rendition.key) as content:
        image = Image.open(io.BytesIO(content.read()))
    image.load()
    return image


def while_decoding(do: Callable[[], Any]) -> Any:
    """Patch decoding so that ``do`` is done once, when a picture has been decoded, but not yet
    stored."""
    left = [do]

    def decode(*arguments: Any) -> Any:
        made = scale(*arguments)
        if left:
            left.pop()()
        return made

    return mock.patch.object(services, "scale", decode)


def sizes_asked(call: Any) -> Any:
    """Return the boxes that a call of ``scale`` asked for, for a picture of 1200 by 900 pixels."""
    return call.args[1](PictureInfo("image/jpeg", 1200, 900, is_animated=False))


def decodings() -> Any:
    """Patch decoding so that its calls are counted."""
    return mock.patch.object(services, "scale", side_effect=scale)
