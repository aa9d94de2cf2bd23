"""Pictures that are stored, and what a store holds of them."""

import io
from functools import cache
from unittest import mock

from PIL import Image

from org_files.models import Rendition
from org_files.pictures import services
from org_files.renditions import PictureInfo, scale
from org_files.storage import original_storage, rendition_storage
from org_files.testing.factories import make_stored_file
from tests.files.storages import blobs
from tests.renditions.pictures import picture


@cache
def photo(width=1200, height=900):
    """Return a JPEG."""
    return picture(width, height).getvalue()


def make_picture(
    organization=None,
    owner=None,
    *,
    content=None,
    name="photo.jpg",
    **fields,
):
    """Store a picture of 1200 by 900 pixels, or ``content``, as an upload does."""
    content = photo() if content is None else content
    return make_stored_file(organization, owner, name=name, content=content, **fields)


def heights_there(file):
    """Return the heights that were made."""
    rows = Rendition.objects.filter(file=file.pk)
    return sorted(rows.values_list("height", flat=True))


def stored_keys():
    """Return the keys of all bytes, after a look at whether each rendition has its own."""
    keys = set(Rendition.objects.values_list("key", flat=True))
    assert keys <= blobs(rendition_storage())
    return blobs(original_storage()) | blobs(rendition_storage())


def shown(rendition):
    """Return the picture that a store holds."""
    with rendition_storage().open(rendition.key) as content:
        image = Image.open(io.BytesIO(content.read()))
    image.load()
    return image


def while_decoding(do):
    """Patch decoding so that ``do`` is done once, when a picture has been decoded, but not yet
    stored."""
    left = [do]

    def decode(*arguments):
        made = scale(*arguments)
        if left:
            left.pop()()
        return made

    return mock.patch.object(services, "scale", decode)


def sizes_asked(call):
    """Return the boxes that a call of ``scale`` asked for, for a picture of 1200 by 900 pixels."""
    return call.args[1](PictureInfo("image/jpeg", 1200, 900, is_animated=False))


def decodings():
    """Patch decoding so that its calls are counted."""
    return mock.patch.object(services, "scale", side_effect=scale)
