"""A fold by a watermark on ids, which must be seen to lose rows.

An id given out earlier may be committed later. Two transactions that overlap show it each time,
and that the comparison which the other benchmarks rely on notices.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connections, transaction

from benchmarks.counters import WatermarkCounters
from benchmarks.environment import Environment
from benchmarks.exactness import differences
from benchmarks.report import Check, Report
from benchmarks.seed import make_hot
from org_files.counters import Counters, LedgerCounters
from org_files.counters.rows import new_row
from org_files.models import Download

NAME = "negative-control"


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Check that the watermark loses the row that commits late, and that the ledger does not."""
    lost = _overlap(WatermarkCounters())
    due = [f"{key}: total 1, ledger 2" for key in ("file", "organization")]
    report.add(
        Check(
            NAME, "a watermark on ids loses the row that commits late", lost == due, "; ".join(lost)
        )
    )
    lost = _overlap(LedgerCounters(fold_every=0))
    report.add(Check(NAME, "LedgerCounters does not", not lost, "; ".join(lost)))


def _overlap(backend: Counters) -> list[str]:
    """Fold between the commits of two overlapping downloads, and again after both.

    Returns how the totals differ from the ledger then.
    """
    hot = make_hot()

    def record() -> Download:
        return backend.record(new_row(file=hot.file, user=hot.user))

    def record_and_fold() -> Download:
        try:
            row = record()
            backend.fold()
            return row
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other, transaction.atomic():
        first = record()
        second = other.submit(record_and_fold).result()
    if not first.pk < second.pk:
        raise RuntimeError("The database did not give out ids in order.")
    backend.fold()
    return differences(backend, hot.file)
