"""Ledger and totals of one file and its organization, read in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from org_files import counters, get_file_model, get_organization_model
from org_files.models import AbstractFile, Download


@dataclass(frozen=True)
class Totals:
    """Counts and times of an organization with one file, by the ledger and by the totals."""

    ledger: int
    file: int
    organization: int
    ledger_at: datetime | None
    file_at: datetime | None
    organization_at: datetime | None

    @property
    def agree(self) -> bool:
        """Whether all are equal."""
        return (
            self.ledger == self.file == self.organization
            and self.ledger_at == self.file_at == self.organization_at
        )


def read_totals(file: AbstractFile) -> Totals:
    """Read the totals of ``file``, which is the one file of its organization."""
    key = "file_public_id"
    rows = Download.objects.filter(**{key: OuterRef("public_id")}).order_by().values(key)
    organization: Any = counters.with_totals(
        get_organization_model()._base_manager.filter(pk=OuterRef("organization"))
    )
    annotations: dict[str, Any] = {
        "ledger": Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), Value(0)),
        "ledger_at": Subquery(rows.annotate(at=Max("downloaded_at")).values("at")),
        "in_organization": Subquery(organization.values("download_count")),
        "organization_at": Subquery(organization.values("last_downloaded_at")),
    }
    files = counters.with_totals(get_file_model()._base_manager.filter(pk=file.pk))
    found = files.annotate(**annotations).values(
        *annotations, "download_count", "last_downloaded_at"
    )
    row = found.get()
    return Totals(
        ledger=row["ledger"],
        file=row["download_count"],
        organization=row["in_organization"],
        ledger_at=row["ledger_at"],
        file_at=row["last_downloaded_at"],
        organization_at=row["organization_at"],
    )


def assert_exact(file: AbstractFile, downloads: int) -> None:
    """Check that ``file``, the one file of its organization, has this number of downloads.

    Raises ``AssertionError`` unless ledger and totals agree on that, and ``counters.verify`` finds
    nothing wrong on the whole site.
    """
    totals = read_totals(file)
    if not totals.agree or totals.ledger != downloads:
        raise AssertionError(f"Not {downloads} downloads everywhere: {totals}")
    if findings := counters.verify().findings:
        raise AssertionError("; ".join(map(str, findings)))
