"""The base class of counters backends."""

import hashlib
import logging
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.core.checks import CheckMessage
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.constants import OnConflict
from django.utils import timezone

from org_files.backends import Backend, load
from org_files.counters.folding import TotalNotSeen, fold_pending
from org_files.counters.rows import new_row
from org_files.counters.totals import annotate_totals
from org_files.counters.verification import verify
from org_files.counters.withdrawing import withdraw_rows
from org_files.db.prepared import PreparedQuery
from org_files.db.reports import Report
from org_files.db.rows import Names, after_deadlocks, all_rows, upsert
from org_files.models import (
    AbstractFile,
    Download,
    RangeGrant,
    Tombstone,
)

logger = logging.getLogger(__name__)

#: How long ranges belong to the download that the same requester began.
GRANT_WINDOW = timedelta(hours=1)

ModelT = TypeVar("ModelT", bound=Model)


class Counters(Backend):
    """Base of counters backends: a ledger of downloads, and totals that always equal it.

    A backend defines how a row is recorded and how totals are read, so that a reader finds the
    same number of downloads in the totals and in the ledger at any moment.
    """

    @abstractmethod
    def record(self, row: Download) -> Download:
        """Add ``row`` to the ledger and count it, in one transaction, and set its primary key.

        Joins an open transaction. A backend that adds ``row`` to the stored total of its
        organization also calls ``org_files.counters.days.add_row``.
        """

    def bulk_record(self, rows: Sequence[Download]) -> None:
        """Do what ``record`` does for each of ``rows``, in one transaction.

        They are downloads of different files at one time.
        """
        with transaction.atomic(using=self.connection.alias, savepoint=False):
            for row in rows:
                self.record(row)

    def with_totals(self, queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
        """Annotate files or organizations with ``download_count`` and ``last_downloaded_at``.

        Stored totals plus pending rows, in the one statement of the queryset. A backend without
        pending rows needs them too: totals stay exact while a site changes its backend.
        """
        return annotate_totals(queryset)

    def check_database(self) -> Iterable[CheckMessage]:
        """Yield problems of the database. Unlike ``check`` this may query it."""
        return ()

    @property
    def grants_at_once(self) -> bool:
        """Whether ``grant`` runs one statement, and takes the user from an annotation of files."""
        return False

    def grant(
        self, files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any
    ) -> tuple[AbstractFile, Download] | None:
        """Find the one file of ``files`` and record a download of it, or return ``None``."""
        if isinstance(files, PreparedQuery):
            files = files.queryset()
        for file in files.using(self.connection.alias)[:1]:
            return file, self.record(new_row(file=file, user=user))
        return None

    def bulk_grant(
        self, files: QuerySet[AbstractFile], *, number: int, user: Any
    ) -> list[tuple[AbstractFile, Download]]:
        """Record a download of each of ``files`` if there are ``number`` of them, else of none."""
        found, now = list(files.using(self.connection.alias)), timezone.now()
        if len(found) != number:
            return []
        rows = [new_row(file=file, user=user, at=now) for file in found]
        self.bulk_record(rows)
        return list(zip(found, rows, strict=True))

    def record_whole(
        self, row: Download, *, content: str, address: str, user_agent: str
    ) -> Download:
        """Record a download of the whole file, to which later ranges of the requester belong."""
        # The ledger itself shows what a user has downloaded.
        if row.link_id is None and (row.user_id is not None or not address):
            return self.record(row)
        row.grant_key = _grant_key(row, content, address, user_agent)
        with transaction.atomic(using=self.connection.alias, savepoint=False):
            self._begin(row.grant_key, row.downloaded_at)
            return self.record(row)

    def record_range(
        self, row: Download, *, content: str, address: str, user_agent: str
    ) -> Download | None:
        """Record a range, unless it belongs to a download that the requester began.

        Returns the ledger's row if this request begins a download, else ``None``.
        """
        alias, now = self.connection.alias, row.downloaded_at
        if row.user_id is not None:
            begun = Download.objects.using(alias).filter(
                user=row.user_id,
                file_public_id=row.file_public_id,
                downloaded_at__gt=now - GRANT_WINDOW,
            )
            if begun.exists():
                return None
        row.grant_key = _grant_key(row, content, address, user_agent)
        with transaction.atomic(using=alias, savepoint=False):
            return self.record(row) if self._claim(row.grant_key, now) else None

    def claim_use(
        self, row: Download, *, is_partial: bool, content: str, address: str, user_agent: str
    ) -> bool:
        """Return whether a request begins a use of ``content``, and remember that it did.

        ``row`` tells the requester and the time. It is not recorded.
        """
        key = _grant_key(row, content, address, user_agent)
        if is_partial:
            return self._claim(key, row.downloaded_at)
        self._begin(key, row.downloaded_at)
        return True

    def is_under_way(self, row: Download, *, content: str, address: str, user_agent: str) -> bool:
        """Return whether the requester of ``row`` began to fetch ``content`` within the hour."""
        key = _grant_key(row, content, address, user_agent)
        fresh = RangeGrant.objects.using(self.connection.alias).filter(
            pk=key, began_at__gt=row.downloaded_at - GRANT_WINDOW
        )
        return fresh.exists()

    def _begin(self, key: str, now: datetime) -> None:
        grant = RangeGrant(requester_key=key, began_at=now)
        upsert(grant, update="began_at", using=self.connection.alias)

    def _claim(self, key: str, now: datetime) -> bool:
        """Begin a grant for ``key`` unless there is a fresh one; return whether this call began it.

        Two conditional writes, each of whose row counts decides: of any number of concurrent
        callers exactly one succeeds. Runs in the caller's transaction.
        """
        grants = RangeGrant.objects.using(self.connection.alias)
        if grants.filter(pk=key, began_at__lte=now - GRANT_WINDOW).update(began_at=now):
            return True
        # bulk_create(ignore_conflicts=True) is this statement, but does not return the row count.
        names, operations = Names(self.connection, RangeGrant), self.connection.ops
        began_at: Any = RangeGrant._meta.get_field("began_at")
        sql = (
            f"{operations.insert_statement(on_conflict=OnConflict.IGNORE)} "
            f"{names.table} ({names.pk}, {names['began_at']}) VALUES (%s, %s) "
            f"{operations.on_conflict_suffix_sql([], OnConflict.IGNORE, [], [])}"
        )
        with self.connection.cursor() as cursor:
            cursor.execute(sql, [key, began_at.get_db_prep_value(now, self.connection)])
            return bool(cursor.rowcount)

    def withdraw(self, download: Download) -> None:
        """Take back a download whose content could not be sent, by ``bulk_withdraw``."""
        self.bulk_withdraw([download])

    def bulk_withdraw(self, downloads: Sequence[Download]) -> None:
        """Take back downloads whose contents could not be sent, in one transaction.

        A download stays in the ledger and in the totals if this connection does not see each of
        them.
        """
        if not downloads:
            return
        withdraw = transaction.atomic(using=self.connection.alias)(withdraw_rows)
        try:
            # Against a removal of the same files MariaDB may end it in a deadlock.
            after_deadlocks(partial(withdraw, self.connection, downloads), Download)
        except TotalNotSeen:
            if len(downloads) > 1:
                for download in downloads:
                    self.bulk_withdraw([download])
                return
            logger.warning(
                "Download %s stays counted: the rows that count it are not all seen.",
                downloads[0].pk,
            )

    def create_tombstone(self, file: AbstractFile) -> Tombstone:
        """Create the tombstone of ``file``, whose row is removed in this transaction.

        The file's row stays locked until then, so that a fold waits and finds the tombstone.
        """
        alias = self.connection.alias
        row = all_rows(type(file)).using(alias).select_for_update().get(pk=file.pk)
        values = {
            "file_id": row.pk,
            "organization_id": row.organization_id,
            "name": row.name,
            "folded_download_count": row.folded_download_count,
            "folded_last_downloaded_at": row.folded_last_downloaded_at,
        }
        # A repair that did not see this row may have made one. Looked for without a lock: on
        # MariaDB an upsert ends in a deadlock with those who look for a tombstone.
        found = Tombstone.objects.using(alias).filter(file_public_id=row.public_id)
        if found.exists():
            found.update(**values)
            return found.get()
        tombstone = Tombstone(file_public_id=row.public_id, **values)
        tombstone.save(using=alias, force_insert=True)
        return tombstone

    def fold(
        self,
        *,
        batch_size: int = 10_000,
        wait: bool = True,
        on_batch: Callable[[int], None] | None = None,
        on_left: Callable[[int], None] | None = None,
    ) -> int:
        """Add pending rows to the stored totals, in batches; return the number of rows.

        Arguments as of ``org_files.counters.fold``.
        """
        folded = fold_pending(self.connection, batch_size=batch_size, wait=wait, on_batch=on_batch)
        if folded.left:
            logger.warning(
                "%d pending downloads stay pending: this connection sees no file or tombstone, "
                "or no organization, to add them to.",
                folded.left,
            )
        if on_left:
            on_left(folded.left)
        return folded.rows

    def verify(self, *, repair: bool = False) -> Report:
        """Compare every total with the ledger; ``repair`` recounts those that differ."""
        return verify(self.connection, repair=repair)

    @property
    def connection(self) -> BaseDatabaseWrapper:
        """The connection to the database that holds the ledger."""
        return connections[router.db_for_write(Download)]


def _grant_key(row: Download, content: str, address: str, user_agent: str) -> str:
    requester = f"user:{row.user_id}"
    if row.user_id is None:
        requester = f"link:{row.link_id}:{address}:{user_agent}"
    text = f"{row.file_public_id}|{content}|{requester}"
    return hashlib.sha256(text.encode()).hexdigest()


def get_counters() -> Counters:
    """Return the backend of ``ORG_FILES["COUNTERS"]``. Raises ``ConfigurationError``."""
    return load("COUNTERS", Counters)
