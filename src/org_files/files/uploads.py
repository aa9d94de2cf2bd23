"""Uploads: the organization that they go to, and temporary files, also of killed processes."""

import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import locks
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils.translation import gettext as _

from org_files import get_organization_model
from org_files.access import get_policy
from org_files.exceptions import InvalidField, NoOrganization
from org_files.models import AbstractOrganization, Membership
from org_files.storage import original_storage
from org_files.storage.blobs import storage_errors
from org_files.storage.disk import sync_file

#: The suffix of the names of temporary uploads.
SUFFIX = ".upload.org-files"

#: Time since the last byte was written.
LEFT_AFTER = timedelta(days=1)

PROCESSES = Path("/proc")


class TemporaryUpload(TemporaryUploadedFile):
    """A file on disk that is removed when it is closed, or moved into a local store.

    ``remove_left_uploads`` recognises it by its name after the process was killed.
    """

    def __init__(self) -> None:
        super().__init__("upload.org-files", "", 0, None)
        if sys.platform != "win32":  # where a lock would also keep this process from writing
            # Processes in other containers see the lock, but not the open file.
            with suppress(OSError):
                locks.lock(self.file, locks.LOCK_SH)

    @property
    def is_beside_store(self) -> bool:
        """Whether a local store of files can move it into its place, as far as is known yet."""
        storage = original_storage()
        try:
            return isinstance(storage, FileSystemStorage) and (
                Path(storage.location).stat().st_dev == os.fstat(self.fileno()).st_dev
            )
        except OSError:
            return False

    def sync(self) -> None:
        """Return once what was written before is on disk."""
        with storage_errors():
            sync_file(self.fileno())


def remove_left_uploads(*, dry_run: bool = False) -> dict[str, int]:
    """Remove temporary files of uploads that were last written more than a day ago.

    Looks in ``FILE_UPLOAD_TEMP_DIR`` and in Python's temporary folder. A file stays if a process
    has it open or locked, if it belongs to another user (unless this is root), or if it is no
    regular file. Processes of other users cannot open these files, which have the mode 0600.
    Returns the number of ``files`` and their ``bytes``.
    """
    left = {"files": 0, "bytes": 0}
    if sys.platform == "win32":  # which removes such a file with the process that opened it
        return left
    found = dict(_old_uploads(time.time() - LEFT_AFTER.total_seconds()))
    opened = _opened() if found else set()
    for path, status in found.items():
        if (status.st_dev, status.st_ino) not in opened and _remove(path, dry_run=dry_run):
            left["files"] += 1
            left["bytes"] += status.st_size
    return left


def _old_uploads(before: float) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield path and status of temporary uploads that were last written ``before`` a Unix time."""
    for folder in filter(None, (settings.FILE_UPLOAD_TEMP_DIR, tempfile.gettempdir())):
        for path in Path(folder).resolve().glob(f"{tempfile.gettempprefix()}*{SUFFIX}"):
            with suppress(FileNotFoundError):
                status = path.lstat()
                is_ours = stat.S_ISREG(status.st_mode) and os.geteuid() in (0, status.st_uid)
                if is_ours and status.st_mtime < before:
                    yield path, status


def _opened() -> set[tuple[int, int]]:
    """Return device and inode of open files, of all processes that this one may see."""
    opened = set()
    for process in PROCESSES.iterdir() if PROCESSES.is_dir() else ():
        # Other entries, processes that end meanwhile, and those of other users raise errors.
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    status = descriptor.stat()
                    opened.add((status.st_dev, status.st_ino))
    return opened


def _remove(path: Path, *, dry_run: bool) -> bool:
    """Remove ``path`` unless a process holds a lock on it; return whether it was removed."""
    try:
        # For writing: some network file systems give an exclusive lock on no other descriptor.
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    try:
        is_free = False
        # A file system without locks raises an error: the file may be in use.
        with suppress(OSError):
            is_free = locks.lock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
        if is_free and not dry_run:
            path.unlink(missing_ok=True)
        return is_free
    finally:
        os.close(descriptor)


def organization_for_upload(
    *, user: Any, is_named: bool = False, key: Any = None
) -> AbstractOrganization:
    """Return the named organization, or else the only one that ``user`` belongs to.

    ``key`` is the primary key of the named one, ``None`` for a text that is no key. Whether the
    user may upload to the organization is for the caller to ask. Raises ``NoOrganization`` for a
    user of none, unless an operator names one; ``InvalidField`` where the user sees no organization
    with that key, or belongs to several and names none.
    """
    policy = get_policy()
    own = Membership.objects.filter(user=user.pk)
    if is_named:
        visible = policy.visible_organizations(user)
        organizations = visible.none() if key is None else visible.filter(pk=key)
    else:
        organizations = get_organization_model()._default_manager.filter(
            pk__in=own.values("organization")
        )
    found = list(organizations[:2])
    # The only organization of a user is one that they belong to.
    is_known = found if not is_named else policy.is_operator(user)
    if not is_known and not own.exists():
        raise NoOrganization
    if not found:
        raise InvalidField("organization", _("There is no such organization."))
    if len(found) > 1:
        raise InvalidField("organization", _("Needed: you belong to several organizations."))
    return found[0]
