"""What is done to files. No HTTP, no policy: callers ask those first."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files import File as Content
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from org_files import get_file_model, get_organization_model
from org_files.exceptions import InvalidField
from org_files.files.blobs import kept_if_named, write_blob
from org_files.files.content import Fingerprint, content_type_of, fingerprint
from org_files.files.filenames import clean_name
from org_files.models import AbstractFile, AbstractOrganization
from org_files.signals import file_stored
from org_files.storage import content_key, original_storage

__all__ = ["store_file"]

logger = logging.getLogger("org_files.files")


def store_file(
    *,
    organization: AbstractOrganization,
    owner: Any | None,
    upload: Content[bytes],
    name: str,
    comment: str = "",
    resource: str = "",
    resource_id: str = "",
    is_public: bool = False,
    expires_at: datetime | None = None,
) -> AbstractFile:
    """Store ``upload``, an open and seekable file, as a file of ``organization``.

    First the bytes, under a new key, then the row: a crash between the two leaves bytes that no
    row names, never a row without its bytes. Where the upload carries a ``fingerprint``, measured
    while it came in, it is not read another time for one.

    Raises ``InvalidField``, ``FileTooLarge``, ``TypeNotAllowed``, ``StorageFull`` or
    ``StorageUnavailable``; nothing is stored then.
    """
    name = clean_name(name)
    measured: Fingerprint = getattr(upload, "fingerprint", None) or fingerprint(upload)
    model: Any = get_file_model()
    file: AbstractFile = model(
        organization=organization,
        owner=owner,
        name=name,
        size=measured.size,
        sha256=measured.sha256,
        content_type=content_type_of(name, measured.head),
        comment=comment,
        resource=resource,
        resource_id=resource_id,
        is_public=is_public,
        expires_at=expires_at,
    )
    _step("received", file)
    storage = original_storage()
    key = write_blob(storage, content_key(file, name), upload, measured.size)
    _step("written", file)
    file.content = key
    _step("before the row", file)
    rows = model._base_manager.filter(public_id=file.public_id)
    with kept_if_named(storage, key, rows):
        try:
            file.save(force_insert=True)
        except IntegrityError as error:
            if missing := _missing(file):
                raise missing from error
            raise
    _step("after the row", file)
    transaction.on_commit(
        partial(file_stored.send_robust, sender=type(file), file=file, user=owner),
        using=file._state.db,
    )
    return file


def _missing(file: AbstractFile) -> InvalidField | None:
    """Return what to say of an organization or an owner that is gone meanwhile."""
    if not _exists(get_organization_model(), file.organization_id):
        return InvalidField("organization", _("There is no such organization."))
    if file.owner_id is not None and not _exists(get_user_model(), file.owner_id):
        return InvalidField("owner", _("There is no such user."))
    return None


def _exists(model: type[Model], pk: Any) -> bool:
    return model._base_manager.filter(pk=pk).exists()


def _step(name: str, file: AbstractFile) -> None:
    logger.debug("store_file: %s", name, extra={"step": name, "file_id": str(file.public_id)})
