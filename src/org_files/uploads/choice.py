"""The place of the bytes of a session, by the storage of its organization."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from org_files.models import AbstractOrganization, Upload
from org_files.storage import alias_for as alias_of_files
from org_files.storage import named_storage
from org_files.storage.s3 import is_s3
from org_files.uploads.places import LocalPlace, Place
from org_files.uploads.s3 import S3Place


def alias_for(organization: AbstractOrganization) -> str:
    """Return the alias of the storage that has the bytes of an organization's sessions.

    Empty where that storage is neither on a local disk nor in S3. Raises ``StorageUnavailable`` if
    the organization has none.
    """
    alias = alias_of_files(organization)
    storage = named_storage(alias)
    return alias if isinstance(storage, FileSystemStorage) or is_s3(storage) else ""


def new_place(alias: str) -> Place:
    """Return the place of new sessions whose column ``storage_alias`` is ``alias``."""
    storage = named_storage(alias) if alias else None
    if isinstance(storage, FileSystemStorage):
        return LocalPlace(Path(storage.location), storage)
    if storage is not None and is_s3(storage):
        return S3Place(storage)
    return _temporary_place()


def place_of(upload: Upload) -> Place:
    """Return the place of a session.

    Its storage may be another one in the settings by now. A session that began on a local disk has
    no columns of S3; without bytes it goes on in the temporary folder.
    """
    place = new_place(upload.storage_alias)
    return _temporary_place() if isinstance(place, S3Place) and not upload.stored else place


def _temporary_place() -> Place:
    return LocalPlace(Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()))
