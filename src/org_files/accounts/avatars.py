"""Avatars: small, upright pictures of users, without metadata."""

from __future__ import annotations

import logging
import re
from functools import partial
from hashlib import sha256
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files import File as Content
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.crypto import get_random_string

from org_files import conf
from org_files.accounts.models import Avatar
from org_files.db.rows import all_rows, writing
from org_files.delivery import Deliverable
from org_files.renditions import Box, scale
from org_files.storage import StoredBytes, named_storage, register_bytes, storage_of
from org_files.storage.blobs import (
    discard_blob,
    discard_with_row,
    keep_blob_of_row,
    write_blob,
)

logger = logging.getLogger("org_files.accounts")

#: Pixels.
BOX = Box(width=200, height=200)

#: Characters of [a-zA-Z0-9]: 190 bits.
NAME_LENGTH = 32

register_bytes(
    StoredBytes(
        name="avatars",
        rows=lambda: all_rows(Avatar),
        alias=conf.storage_alias,
        has_organization=False,
        key_parts=(
            re.compile("avatars"),
            # Not a UUID in hexadecimal, by which another app may name its uploads.
            re.compile(
                r"(?![0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15})"
                rf"[a-zA-Z0-9]{{{NAME_LENGTH}}}"
            ),
        ),
    )
)


def set_avatar(*, user: Any, upload: Content[bytes]) -> Avatar:
    """Replace the picture of ``user`` by a small one of ``upload``, an open and seekable file.

    The bytes are written before the row and the old ones removed after it: no transaction waits
    for the storage. Raises ``NotAPicture``, ``PictureTooLarge``, ``StorageFull``,
    ``StorageUnavailable``, or ``DoesNotExist`` if the user was deleted meanwhile.
    """
    (picture,) = scale(upload, [BOX])
    with picture.content:
        content = picture.content.read()
    alias = conf.storage_alias()
    storage = named_storage(alias)
    name = f"avatars/{get_random_string(NAME_LENGTH)}"
    key = write_blob(storage, name, ContentFile(content), len(content))
    with keep_blob_of_row(storage, key, Avatar.objects.filter(key=key)):
        _lock(user)
        # Locked, so that the old picture is not moved to another storage meanwhile.
        old = Avatar.objects.select_for_update().filter(user=user.pk).first()
        avatar = Avatar(
            user_id=user.pk,
            key=key,
            storage_alias=alias,
            content_type=picture.content_type,
            size=len(content),
            sha256=sha256(content).hexdigest(),
        )
        avatar.save()
        if old is not None:
            discard = partial(discard_blob, storage_of(old), old.key)
            transaction.on_commit(discard, using=avatar._state.db)
    return avatar


def remove_avatar(*, user: Any) -> None:
    """Remove the picture of ``user``, if there is one."""
    with writing(Avatar):
        _lock(user)
        Avatar.objects.filter(user=user.pk).delete()


@receiver(post_delete, sender=Avatar)
def discard_picture(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Remove the bytes of an avatar after its row, also if the account is deleted."""
    row = all_rows(sender).using(using).filter(pk=instance.pk)
    discard_with_row(storage_of(instance), instance.key, row)


def avatar_content(avatar: Avatar) -> Deliverable:
    """Return the picture as a content to deliver."""
    return Deliverable(
        storage=storage_of(avatar),
        key=avatar.key,
        name=avatar.key.rpartition("/")[2],
        size=avatar.size,
        digest=avatar.sha256,
        last_modified=avatar.created_at,
        content_type=avatar.content_type,
        inline=True,
    )


def _lock(user: Any) -> None:
    # Of two changes at once, the second reads the row of the first.
    get_user_model()._base_manager.select_for_update().get(pk=user.pk)
