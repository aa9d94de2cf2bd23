"""The state of what a site needs: database, storages, cache, queue and pending downloads."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, Storage
from django.db import DatabaseError, connections, router
from django.utils import timezone
from django.utils.crypto import get_random_string

from org_files import conf, get_file_model
from org_files.counters import get_counters
from org_files.models import PendingDownload
from org_files.queues import get_queue
from org_files.storage.known import site_storages
from org_files.storage.owners import OWNER
from org_files.storage.s3 import check_bucket, is_s3, os_errors

logger = logging.getLogger("org_files.health")

#: Seconds for which a process keeps a result.
KEEP = 5.0

OK, FAILING, UNUSED = "ok", "failing", "unused"

STATES = ("database", "storage", "cache", "queue")


@dataclass(frozen=True)
class Health:
    """The state of a site. Each text is ``"ok"``, ``"failing"`` or ``"unused"``."""

    database: str
    storage: str
    cache: str
    #: Unused without a queue, and where a queue cannot tell.
    queue: str
    #: Downloads that no stored total contains yet, and the seconds since the oldest of them.
    #: ``None`` where the database fails, or where there is no oldest.
    pending_downloads: int | None
    oldest_pending_seconds: int | None

    @property
    def is_serving(self) -> bool:
        """Whether files can be listed and sent: neither the database nor the storage fails."""
        return FAILING not in (self.database, self.storage)

    def as_json(self) -> dict[str, Any]:
        """Return each state under ``checks``, and as ``status`` ok, degraded or failing."""
        states = {name: getattr(self, name) for name in STATES}
        worst = "degraded" if FAILING in states.values() else OK
        pending = {"count": self.pending_downloads, "oldest_seconds": self.oldest_pending_seconds}
        return {
            "status": worst if self.is_serving else FAILING,
            "checks": {**states, "pending": pending},
        }


_probing = threading.Lock()
_last: tuple[float, Health] | None = None


def get_health() -> Health:
    """Return the state of the site, at most 5 seconds old.

    While one thread asks, others get the result before, if there is one. A store that does not
    answer is waited for as long as the timeouts of its client say.
    """
    global _last
    known = _last
    if known is not None and time.monotonic() - known[0] < KEEP:
        return known[1]
    if not _probing.acquire(blocking=known is None):
        return known[1]  # type: ignore[index]
    try:
        # Another thread may have asked while this one waited.
        if _last is known:
            health = _probe()
            _last = time.monotonic(), health
        return _last[1]  # type: ignore[index]
    finally:
        _probing.release()


def _probe() -> Health:
    database = _state("database", _ask_database)
    pending: tuple[int | None, int | None] = (None, None)
    if database == OK:
        try:
            pending = _pending()
        except DatabaseError as error:
            database = _failing("database", error)
    return Health(
        database,
        _state("storage", _ask_storages),
        _state("cache", _ask_cache),
        _state("queue", lambda: get_queue().ping()),
        *pending,
    )


def _state(name: str, ask: Callable[[], bool | None]) -> str:
    """Return the state that ``ask`` finds: it raises, or returns ``None`` where nothing is used."""
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001, errors of drivers and clients have no common class
        return _failing(name, error)
    return UNUSED if answer is None else OK if answer else FAILING


def _failing(name: str, error: Exception) -> str:
    # Not its text, in which a driver may have put an address with a password.
    logger.warning("The %s fails: %s.", name, type(error).__name__)
    return FAILING


def _ask_database() -> bool:
    with connections[router.db_for_write(get_file_model())].cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _pending() -> tuple[int, int | None]:
    rows = PendingDownload.objects.using(get_counters().connection.alias)
    # By the key, which grows with time: the moment alone has no index.
    oldest = rows.order_by("pk").values_list("downloaded_at", flat=True).first()
    age = None if oldest is None else max(0, int((timezone.now() - oldest).total_seconds()))
    return rows.count(), age


def _ask_storages() -> bool:
    # Where a storage of one organization fails, the others go on.
    for storage in site_storages():
        with os_errors():
            _ask_storage(storage)
    return True


def _ask_storage(storage: Storage) -> None:
    """Raise an error if ``storage`` does not answer, or is not the one that had the files."""
    if storage.exists(OWNER):
        return
    # A new site has stored nothing; a missing bucket or folder has no owner object either.
    if is_s3(storage):
        check_bucket(storage)
    elif isinstance(storage, FileSystemStorage) and _has_files():
        os.stat(storage.location)  # noqa: PTH116


def _has_files() -> bool:
    if conf.has_storages_by_organization():
        # Maybe all elsewhere.
        return False
    try:
        return bool(get_file_model()._base_manager.exists())
    except DatabaseError:  # reported as the database's
        return False


def _ask_cache() -> bool:
    key = f"org_files:health:{get_random_string(12)}"
    cache.set(key, 1, timeout=KEEP)
    return bool(cache.get(key) == 1)
