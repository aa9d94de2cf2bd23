"""Downloads of a file's content, and what everything that shows their number says of it."""

import os
from hashlib import sha256

from django.core.files.base import ContentFile

from org_files.accounts.models import Avatar
from org_files.models import Download
from org_files.storage import original_storage

CONTENT = b"0123456789" * 10


def cut(path):
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path):
    path.write_bytes(path.read_bytes() + b"x")


def replace_by_link(path):
    """Put a link to the same bytes in the place of ``path``."""
    path.symlink_to(path.rename(path.with_name("elsewhere")))


def url(file):
    return f"/api/files/{file.public_id}/content/"


def get(client, file, **headers):
    """Return status and body, read to its end."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.get(url(file), headers=names)
    return response.status_code, response.getvalue()


def counted(client, file):
    """Return the number of downloads, on which everything that shows it has to agree."""
    shown = client.get(f"/api/files/{file.public_id}/").json()
    organization = client.get(f"/api/organizations/{file.organization_id}/").json()
    rows = Download.objects.filter(file=file.pk).count()
    assert shown["download_count"] == rows
    assert organization["download_count"] == rows
    assert (shown["last_downloaded_at"] is None) == (rows == 0)
    return rows


def make_avatar(user, content=CONTENT):
    """Give ``user`` a picture, whatever is in it."""
    return Avatar.objects.create(
        user=user,
        key=original_storage().save("avatars/picture", ContentFile(content)),
        content_type="image/png",
        size=len(content),
        sha256=sha256(content).hexdigest(),
    )
