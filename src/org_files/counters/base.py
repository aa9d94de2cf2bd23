"""The base class of counters backends."""

from __future__ import annotations

import hashlib
import logging
from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from django.core.checks import CheckMessage
from django.db import connections, router, transaction
from django.db.models import (
    Count,
    F,
    Max,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from org_files import get_file_model, get_organization_model
from org_files.backends import Backend
from org_files.counters.folding import NotTaken, fold_pending
from org_files.counters.grants import begin, claim, is_fresh
from org_files.counters.totals import subtract_from_file, subtract_one
from org_files.counters.verification import Report, verify
from org_files.db.prepared import PreparedQuery
from org_files.db.rows import all_rows, hidden_row_models
from org_files.models import (
    AbstractFile,
    Download,
    PendingDownload,
    RangeGrant,
    Tombstone,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["GRANT_WINDOW", "Counters", "new_pending", "new_row"]

logger = logging.getLogger(__name__)

#: How long partial ranges belong to the download that the same requester began.
GRANT_WINDOW = timedelta(hours=1)

ModelT = TypeVar("ModelT", bound=Model)


class Counters(Backend):
    """Base of counters backends: a ledger of downloads, and totals that always equal it.

    A backend says how a row is recorded and how totals are read; both in such a way that a
    reader at any moment finds as many downloads in the totals as in the ledger.
    """

    @abstractmethod
    def record(self, row: Download) -> Download:
        """Add ``row`` to the ledger and count it, in one transaction, and give it its key.

        Joins a transaction that is open.
        """

    def with_totals(self, queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
        """Annotate files or organizations with ``download_count`` and ``last_downloaded_at``.

        Stored totals plus the pending tail, in the one statement of the queryset: also for a
        backend that leaves nothing pending, so that totals are exact while a site changes to it.
        """
        key, column = "organization", "pk"
        if issubclass(queryset.model, AbstractFile):
            key, column = "file_public_id", "public_id"
        tail = PendingDownload.objects.filter(**{key: OuterRef(column)}).order_by().values(key)
        pending = Subquery(tail.annotate(count=Count("pk")).values("count"))
        newest = Subquery(tail.annotate(at=Max("downloaded_at")).values("at"))
        folded = F("folded_last_downloaded_at")
        annotated: Any = queryset.annotate(
            download_count=F("folded_download_count") + Coalesce(pending, Value(0)),
            # Outside PostgreSQL the greatest of a value and null is null.
            last_downloaded_at=Coalesce(Greatest(folded, newest), newest, folded),
        )
        return cast("QuerySet[ModelT]", annotated)

    def check_database(self) -> Iterable[CheckMessage]:
        """Yield what is wrong with the database; unlike ``check`` this may ask it."""
        return ()

    def grant(
        self, files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any
    ) -> tuple[AbstractFile, Download] | None:
        """Find the one file of ``files`` and record a download of it, or return ``None``."""
        if isinstance(files, PreparedQuery):
            files = files.queryset()
        for file in files.using(self.connection.alias)[:1]:
            return file, self.record(new_row(file=file, user=user, link_id=None))
        return None

    def record_whole(
        self, row: Download, *, content: str, address: str, user_agent: str
    ) -> Download:
        """Record a download of the whole, to which parts that the requester asks for later belong.

        Returns the ledger's row.
        """
        # A user's is found in the ledger; who comes by a link is nobody there.
        if row.link_id is None:
            return self.record(row)
        row.grant_key = _grant_key(row, content, address, user_agent)
        with transaction.atomic(using=self.connection.alias, savepoint=False):
            begin(self.connection, row.grant_key, now=row.downloaded_at)
            return self.record(row)

    def begins(
        self, row: Download, *, is_partial: bool, content: str, address: str, user_agent: str
    ) -> bool:
        """Return whether a request begins to fetch ``content``; ``row`` says whose, and is not
        recorded."""
        key, now = _grant_key(row, content, address, user_agent), row.downloaded_at
        if is_partial:
            return claim(self.connection, key, now=now, since=now - GRANT_WINDOW)
        begin(self.connection, key, now=now)
        return True

    def is_under_way(self, row: Download, *, content: str, address: str, user_agent: str) -> bool:
        """Return whether the requester of ``row`` began a download of the content lately."""
        key = _grant_key(row, content, address, user_agent)
        return is_fresh(self.connection, key, since=row.downloaded_at - GRANT_WINDOW)

    def record_range(
        self, row: Download, *, content: str, address: str, user_agent: str
    ) -> Download | None:
        """Record a partial range, unless it belongs to a download that the requester began.

        Returns the ledger's row where this request begins a download, else ``None``.
        """
        alias = self.connection.alias
        since = row.downloaded_at - GRANT_WINDOW
        if row.user_id is not None:
            begun = Download.objects.using(alias).filter(
                user=row.user_id, file_public_id=row.file_public_id, downloaded_at__gt=since
            )
            if begun.exists():
                return None
        key = _grant_key(row, content, address, user_agent)
        with transaction.atomic(using=alias, savepoint=False):
            if not claim(self.connection, key, now=row.downloaded_at, since=since):
                return None
            row.grant_key = key
            return self.record(row)

    def withdraw(self, download: Download) -> None:
        """Take back a download that was recorded but could not be answered with content.

        It stays in the ledger and in the totals where this connection does not see each of them.
        """
        try:
            with transaction.atomic(using=self.connection.alias):
                self._withdraw(download)
        except NotTaken:
            logger.warning(
                "Download %s stays counted: the rows that count it are not all seen.", download.pk
            )

    def _withdraw(self, download: Download) -> None:
        alias = self.connection.alias
        pending = PendingDownload.objects.using(alias).filter(pk=download.pk)
        was_pending = pending._raw_delete(alias)
        was_recorded = Download.objects.using(alias).filter(pk=download.pk)._raw_delete(alias)
        if was_pending and not was_recorded:
            raise NotTaken
        if was_recorded and not was_pending:
            # Counted in the stored totals already. Files before organizations, as everywhere.
            took = subtract_from_file(download, alias)
            if not took and hidden_row_models([get_file_model(), Tombstone], alias):
                raise NotTaken
            took = subtract_one(
                get_organization_model(), "pk", "organization", alias, pk=download.organization_id
            )
            if not took and hidden_row_models([get_organization_model()], alias):
                raise NotTaken
        if download.grant_key is not None:
            # Else the next try would belong to a download that there is not.
            RangeGrant.objects.using(alias).filter(
                pk=download.grant_key, began_at=download.downloaded_at
            ).delete()

    def bury(self, file: AbstractFile) -> Tombstone:
        """Make the tombstone of ``file``, whose row is removed in this transaction.

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
        # One that a repair made while this row was not seen is taken over. Looked for without a
        # lock: on MariaDB an upsert ends in a deadlock with those who look for a tombstone.
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
        """Add what is pending to the stored totals, in batches; return the number of rows.

        ``wait`` says whether to wait for another folder or to leave the work to it; ``on_batch``
        is told the rows of each batch. Rows whose file or organization this connection does not
        see stay pending: a warning says how many, and ``on_left`` is told at the end.
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


def new_row(
    *, file: AbstractFile, user: Any, link_id: UUID | None, now: datetime | None = None
) -> Download:
    """Return an unsaved row of the ledger."""
    return Download(
        file_id=file.pk,
        file_public_id=file.public_id,
        organization_id=file.organization_id,
        user_id=None if user is None else user.pk,
        link_id=link_id,
        downloaded_at=now or timezone.now(),
    )


def new_pending(row: Download) -> PendingDownload:
    """Return the unsaved pending row of ``row``, which is saved."""
    return PendingDownload(
        download_id=row.pk,
        file_id=row.file_id,
        file_public_id=row.file_public_id,
        organization_id=row.organization_id,
        downloaded_at=row.downloaded_at,
    )


def _grant_key(row: Download, content: str, address: str, user_agent: str) -> str:
    """Return the key of the grant of the requester of ``row``."""
    if row.user_id is not None:
        requester = f"user:{row.user_id}"
    else:
        requester = f"link:{row.link_id}:{address}:{user_agent}"
    text = f"{row.file_public_id}|{content}|{requester}"
    return hashlib.sha256(text.encode()).hexdigest()
