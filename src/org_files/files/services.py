"""Services that store and change files. Callers ask the policy first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files import File as Content
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import ModelSignal
from django.utils import timezone

from org_files import conf, get_file_model, signals
from org_files.db.rows import all_rows, change_row, conflicts, writing
from org_files.events import record_on_commit
from org_files.exceptions import Conflict
from org_files.files.attaching import Resource, place_held
from org_files.files.content import (
    Fingerprint,
    clean_name,
    content_type_of,
    fingerprint,
    refuse_unreachable,
    renamed_type,
)
from org_files.files.decodable import refuse_undecodable
from org_files.files.missing import missing_is_a_field
from org_files.files.quotas import refuse_early, reserve, settle
from org_files.models import AbstractFile, AbstractOrganization, live
from org_files.storage import (
    CONTENT_KEY_PARTS,
    StoredBytes,
    alias_for,
    content_key,
    register_bytes,
    storage_of,
)
from org_files.storage.blobs import keep_blob_of_row, write_blob

register_bytes(
    StoredBytes(
        name="files",
        rows=lambda: all_rows(get_file_model()),
        alias=conf.storage_alias,
        key_parts=CONTENT_KEY_PARTS,
        key="content",
        charset="charset",
    )
)


@dataclass(frozen=True)
class Reservation:
    """Space that an upload session has reserved for a file."""

    #: Bytes.
    size: int
    #: Ends the session, in the transaction that inserts the row of the file.
    end: Callable[[AbstractFile], None]


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
    reservation: Reservation | None = None,
    requester: Any = None,
    **columns: Any,
) -> AbstractFile:
    """Store ``upload``, an open and seekable file, as a file of ``organization``.

    The bytes are written before the row: a crash between the two leaves bytes without a row, never
    a row without its bytes. An upload with an attribute ``fingerprint`` is read only once; one with
    ``stored_key`` is stored already; one that ``stays`` is kept if no file is made of it. Of the
    quota, ``reservation`` is used if given. ``requester`` is the user who named the object in a
    request; the site's own code leaves it out. ``columns`` are others of the row, also of the site.

    Raises ``InvalidField``, ``FileTooLarge``, ``TypeNotAllowed``, ``QuotaExceeded``,
    ``StorageFull`` or ``StorageUnavailable``; nothing is stored then. Where the tier gives no
    originals of pictures, also ``NotAPicture`` and ``RenditionsBusy``. By the ``Attachments`` of
    the object also ``TooManyAttachments``, and ``ResourceNotYours`` if the requester may not change
    the object.
    """
    name, named = clean_name(name), Resource(resource, resource_id)
    refuse_unreachable({"resource": resource, "resource_id": resource_id})
    if requester is not None:
        named.require(requester, organization.pk)
    measured: Fingerprint = getattr(upload, "fingerprint", None) or fingerprint(upload)
    model: Any = get_file_model()
    file: AbstractFile = model(
        organization=organization,
        owner=owner,
        name=name,
        size=measured.size,
        sha256=measured.sha256,
        content_type=content_type_of(name, measured.head),
        charset=measured.charset,
        comment=comment,
        resource=resource,
        resource_id=resource_id,
        is_public=is_public,
        expires_at=expires_at,
        storage_alias=getattr(upload, "stored_alias", None) or alias_for(organization),
        **columns,
    )
    named.refuse_unfit(size=file.size, content_type=file.content_type)
    with missing_is_a_field(file):
        quota = refuse_early(organization.pk, measured.size, is_reserved=reservation is not None)
        refuse_undecodable(file, upload)
    storage = storage_of(file)
    if not (key := getattr(upload, "stored_key", "")):
        key = write_blob(storage, content_key(file, name), upload, measured.size)
    file.content, rows = key, model._base_manager.filter(content=key)
    stays = getattr(upload, "stays", False)
    saving = writing(model) if stays else keep_blob_of_row(storage, key, rows)
    with missing_is_a_field(file), saving, place_held(named, organization.pk):
        file.save(force_insert=True)
        if reservation is None:
            reserve(file, quota)
        else:
            reservation.end(file)
            settle(file, reservation.size)
    details = {"size": file.size, "content_type": file.content_type}
    announce(signals.file_stored, "file.stored", file, details, user=owner)
    return file


def change_file(
    *,
    file: AbstractFile,
    among: QuerySet[AbstractFile] | None = None,
    requester: Any = None,
    **values: Any,
) -> AbstractFile:
    """Change the columns of ``file`` that ``values`` name, and the content type with the name.

    ``requester`` is the user who asks for it; the site's own code leaves it out. Raises
    ``InvalidField`` for an invalid name, ``resource`` or ``resource_id``, ``TypeNotAllowed`` for a
    name of a type that is not accepted, and ``DoesNotExist`` if the file is not one of ``among``,
    by default those that are neither in the trash nor expired. If the file moves from or to an
    object with ``Attachments``, also ``ResourceNotYours``, unless the requester may change the
    object, ``FileTooLarge`` and ``TooManyAttachments``.
    """
    refuse_unreachable(values)
    if "name" in values:
        values["name"] = clean_name(values["name"])
        content_type = renamed_type(file.content_type, values["name"])
        if content_type != file.content_type:
            values["content_type"] = content_type
    before, after = _resources(file, values)
    if before != after and requester is not None:
        is_cleared = not after.resource
        before.require(requester, file.organization_id, is_left=True, is_cleared=is_cleared)
        after.require(requester, file.organization_id)
    if before != after or "content_type" in values:
        content_type = values.get("content_type", file.content_type)
        after.refuse_unfit(size=file.size, content_type=content_type)
    if values:
        now = timezone.now()
        files = type(file)._base_manager.filter(live(now)) if among is None else among
        place = nullcontext() if before == after else place_held(after, file.organization_id)
        with conflicts(), writing(type(file)), place:
            # Locked, so that the file is not trashed or removed during the change.
            locked = files.select_for_update().filter(pk=file.pk).values_list(*Resource._fields)
            if not locked:
                raise type(file).DoesNotExist
            if before not in (after, Resource(*(text or "" for text in locked[0]))):
                raise Conflict
            change_row(file, {**values, "updated_at": now})
        changed = {"changed": sorted(values)}
        announce(signals.file_changed, "file.changed", file, changed, **changed)
    return file


def _resources(file: AbstractFile, values: Mapping[str, Any]) -> tuple[Resource, Resource]:
    """Return what ``file`` names before and after a change.

    Its row tells: a form of the admin has set the new values on the instance.
    """
    if not values.keys() & {*Resource._fields}:
        return Resource.of(file), Resource.of(file)
    before = Resource.of(all_rows(type(file)).only(*Resource._fields).get(pk=file.pk))
    after = {name: values[name] or "" for name in Resource._fields if name in values}
    return before, before._replace(**after)


def announce(
    signal: ModelSignal, event: str, file: AbstractFile, details: Any = None, **arguments: Any
) -> None:
    """Send ``signal`` with ``arguments`` and record ``event`` with ``details`` on commit."""
    using = file._state.db
    send = partial(signal.send_robust, sender=type(file), file=file, **arguments)
    transaction.on_commit(send, using=using)
    values = {"name": file.name} | (details or {})
    record_on_commit(event, using=using, obj=file, organization=file.organization_id, **values)
