"""What every counters backend offers, and what all of them do alike."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from django.core.checks import CheckMessage
from django.db import connections, router, transaction
from django.db.models import (
    Case,
    Count,
    F,
    Max,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from org_files import get_file_model, get_organization_model
from org_files.backends import Backend
from org_files.counters import folding
from org_files.counters.grants import begin, claim, is_fresh
from org_files.counters.verification import Report, newest_folded, verify
from org_files.models import (
    AbstractFile,
    Download,
    PendingDownload,
    RangeGrant,
    Tombstone,
)
from org_files.slots import PreparedQuery

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["GRANT_WINDOW", "Counters", "new_row"]

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
        key = "file" if issubclass(queryset.model, AbstractFile) else "organization"
        tail = PendingDownload.objects.filter(**{key: OuterRef("pk")}).order_by().values(key)
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
                user=row.user_id, file=row.file_id, downloaded_at__gt=since
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
        """Take back a download that was recorded but could not be answered with content."""
        alias = self.connection.alias
        with transaction.atomic(using=alias, savepoint=False):
            pending = PendingDownload.objects.using(alias).filter(pk=download.pk)
            was_pending = pending._raw_delete(alias)
            ledger = Download.objects.using(alias).filter(pk=download.pk)
            if ledger._raw_delete(alias) and not was_pending:
                # Counted in the stored totals already. Files before organizations, as everywhere.
                rows: list[tuple[QuerySet[Any], str, str]] = [
                    (get_file_model()._base_manager.filter(pk=download.file_id), "file", "pk"),
                    (Tombstone.objects.filter(file=download.file_id), "file", "file"),
                    (
                        get_organization_model()._base_manager.filter(pk=download.organization_id),
                        "organization",
                        "pk",
                    ),
                ]
                for row, key, column in rows:
                    # Locked first, so that the next statement sees what whoever held it did.
                    row.using(alias).select_for_update().first()
                    row.using(alias).update(
                        folded_download_count=F("folded_download_count") - 1,
                        folded_last_downloaded_at=newest_folded(key, column),
                    )
            if download.grant_key is not None:
                # Else the next try would belong to a download that there is not.
                RangeGrant.objects.using(alias).filter(
                    pk=download.grant_key, began_at=download.downloaded_at
                ).delete()

    def bury(self, file: AbstractFile) -> Tombstone:
        """Write down what the ledger will need of ``file``, which is removed in this transaction.

        The file's row stays locked until then: who folds waits, and finds the tombstone.
        """
        rows: Any = type(file)._base_manager.using(self.connection.alias)
        row = rows.select_for_update().get(pk=file.pk)
        return Tombstone.objects.using(self.connection.alias).create(
            file_id=row.pk,
            organization_id=row.organization_id,
            file_public_id=row.public_id,
            name=row.name,
            folded_download_count=row.folded_download_count,
            folded_last_downloaded_at=row.folded_last_downloaded_at,
        )

    def fold(
        self,
        *,
        batch_size: int = 10_000,
        wait: bool = True,
        on_batch: Callable[[int], None] | None = None,
    ) -> int:
        """Add what is pending to the stored totals, in batches; return the number of rows.

        ``wait`` says whether to wait for another folder or to leave the work to it; ``on_batch``
        is told the rows of each batch.
        """
        folded = 0
        while True:
            rows = folding.fold_batch(self.connection, batch_size, wait=wait)
            folded += rows
            if on_batch and rows:
                on_batch(rows)
            if rows < batch_size:
                return folded

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


def _grant_key(row: Download, content: str, address: str, user_agent: str) -> str:
    """Return what the grant of the requester of ``row`` is known by."""
    if row.user_id is not None:
        requester = f"user:{row.user_id}"
    else:
        requester = f"link:{row.link_id}:{address}:{user_agent}"
    return hashlib.sha256(f"{content}|{requester}".encode()).hexdigest()


def add_one(model: type[Model], pk: Any, at: datetime, alias: str) -> None:
    """Add one download to the stored totals of one row, or to those of a file's tombstone."""
    values = {
        "folded_download_count": F("folded_download_count") + 1,
        "folded_last_downloaded_at": Case(
            When(folded_last_downloaded_at__gt=at, then=F("folded_last_downloaded_at")),
            default=Value(at),
        ),
    }
    found = model._base_manager.using(alias).filter(pk=pk).update(**values)
    if not found and issubclass(model, AbstractFile):
        Tombstone.objects.using(alias).filter(file=pk).update(**values)
