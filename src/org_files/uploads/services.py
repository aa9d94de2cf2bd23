"""Services of upload sessions that are not complete: create, begin a request, set the length."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import Q
from django.utils import timezone

from org_files import conf, signals
from org_files.access.base import UPLOADERS
from org_files.db.prepared import first_row
from org_files.db.rows import after_deadlocks, lock_row, writing
from org_files.exceptions import FileTooLarge
from org_files.files import clean_name
from org_files.files.attaching import Resource
from org_files.files.content import refuse_type_of_name, refuse_unreachable
from org_files.files.missing import missing_is_a_field
from org_files.files.quotas import quota_of, refuse_early, reserve_upload, smallest
from org_files.models import AbstractOrganization, Membership, Upload, open_uploads
from org_files.uploads.choice import alias_for, new_place
from org_files.uploads.exceptions import (
    InconsistentLength,
    OffsetMismatch,
    TooManyUploads,
    UploadSuperseded,
)
from org_files.uploads.protocols.digests import write_digests
from org_files.uploads.rows import announce, row_of
from org_files.uploads.settings import upload_settings

#: Of a user with more organizations, no limit but that of the site is told beforehand.
MANY = 20


def create_upload(
    *,
    organization: AbstractOrganization,
    owner: Any,
    name: str,
    length: int | None = None,
    digest: Mapping[str, bytes] | None = None,
    wanted_digest: str = "",
    metadata: str = "",
    part_size: int | None = None,
    is_direct: bool = False,
    **fields: Any,
) -> Upload:
    """Create a session of ``owner``, and reserve the quota for ``length`` bytes and one file.

    ``fields`` are those of ``store_file``; ``digest`` is what the whole content must have. The
    client of a direct upload sends parts, of ``part_size`` bytes if given, to the store itself.
    Raises ``InvalidField``, ``FileTooLarge``, ``TypeNotAllowed``, ``QuotaExceeded``,
    ``ResourceNotYours``, ``TooManyUploads`` or ``NoDirectUpload``; nothing is reserved then.
    """
    name = clean_name(name)
    refuse_unreachable(fields)
    size = length or 0
    resource = Resource(fields.get("resource", ""), fields.get("resource_id", ""))
    resource.require(owner, organization.pk)
    resource.refuse_unfit(size=size)
    resource.refuse_full(organization.pk)
    refuse_type_of_name(name, *resource.allowed_types)
    quota = refuse_early(organization.pk, size)
    now, limits = timezone.now(), upload_settings()
    alias = alias_for(organization)
    place = new_place(alias)
    model: Any = Upload
    upload: Upload = model(
        organization=organization,
        owner=owner,
        name=name,
        length=length,
        digest=write_digests(digest or {}),
        wanted_digest=wanted_digest,
        metadata=metadata,
        file_expires_at=fields.pop("expires_at", None),
        storage_alias=alias,
        key=place.new_key(),
        created_at=now,
        expires_at=now + timedelta(seconds=limits.max_age),
        **fields,
    )
    place.prepare(upload)

    def insert() -> None:
        with missing_is_a_field(upload), writing(Upload):
            # Their sessions are counted one after the other. SQLite has one writer at a time.
            if connections[router.db_for_write(Upload)].features.has_select_for_update:
                lock_row(get_user_model(), owner.pk)
            upload.pk = None
            upload.save(force_insert=True)
            own = Upload.objects.filter(open_uploads(now), owner=owner.pk, is_complete=False)
            if limits.max_per_user is not None and own.count() > limits.max_per_user:
                raise TooManyUploads
            announce(signals.upload_started, "upload.started", upload, user=owner)
            reserve_upload(organization.pk, quota, size, 1)

    if is_direct:
        place.prepare_direct(upload, part_size)
    try:
        after_deadlocks(insert, Upload)
    except BaseException:
        if is_direct:
            place.discard(upload)
        raise
    return upload


def find_upload(public_id: str | None, owner: Any) -> Upload:
    """Return the session of ``owner`` with that id. Raises ``DoesNotExist`` if it has ended."""
    condition = open_uploads() & Q(public_id=public_id, owner=owner.pk)
    upload: Upload | None = first_row(Upload, condition)
    if upload is None:
        raise Upload.DoesNotExist
    return upload


def limit_of(organization_pk: Any) -> int | None:
    """Return the largest file that an organization may have, in bytes, or ``None``."""
    quota = quota_of(organization_pk)
    return smallest((quota.max_file_size, quota.max_bytes))


def limit_for(user: Any) -> int | None:
    """Return the largest file that ``user`` may upload to some organization, or ``None``."""
    own = Membership.objects.filter(user=user.pk, role__in=UPLOADERS)
    limits = [limit_of(pk) for pk in own.values_list("organization", flat=True)[: MANY + 1]]
    if not limits or None in limits or len(limits) > MANY:
        return conf.max_file_size()
    return max(each for each in limits if each is not None)


def require_offset(upload: Upload, offset: int) -> None:
    """Raise ``OffsetMismatch`` unless the session is at ``offset``."""
    if upload.offset != offset:
        raise OffsetMismatch(expected=upload.offset, provided=offset)


def set_length(upload: Upload, length: int) -> None:
    """Record the length of a session whose writer this request is, and reserve the quota.

    Raises ``InconsistentLength`` if it has another length, or more bytes already;
    ``FileTooLarge`` or ``QuotaExceeded``, and the session keeps what it has.
    """
    if upload.length == length:
        return
    if upload.length is not None or length < upload.offset:
        raise InconsistentLength
    quota = quota_of(upload.organization_id)
    if quota.max_file_size is not None and length > quota.max_file_size:
        raise FileTooLarge

    def change() -> None:
        with writing(Upload):
            row = row_of(upload).filter(writer=upload.writer, offset=upload.offset, length=None)
            if not row.filter(is_complete=False).update(length=length):
                raise UploadSuperseded
            reserve_upload(upload.organization_id, quota, length - upload.offset, 0)

    after_deadlocks(change, Upload)
    upload.length = length
