"""Pictures of people, as cameras and others send them."""

import io
import re

from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from tests.accounts.clients import AVATAR
from tests.files.storages import blobs
from tests.renditions.pictures import file_of, quarters

#: Where the bytes of an avatar lie.
KEY = re.compile(r"avatars/[a-zA-Z0-9]+")


def photo(width=400, height=300, orientation=6):
    """Return a JPEG of four quarters that lies on its side, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 31.0, 12.0)
    place[3], place[4] = "E", (13.0, 24.0, 36.0)
    return file_of(quarters(width, height), exif=exif, comment=b"taken at home").getvalue()


def put(client, content, name="me.jpg", **fields):
    """Send a picture as a well-behaved client does."""
    body = encode_multipart(BOUNDARY, fields | {"avatar": SimpleUploadedFile(name, content)})
    return client.put(AVATAR, body, content_type=MULTIPART_CONTENT)


def shown(client, url):
    """Return the picture at ``url``."""
    image = Image.open(io.BytesIO(client.get(url).getvalue()))
    image.load()
    return image


def kept():
    """Return the keys of all bytes in the store."""
    return sorted(blobs(storages["org_files"]))
