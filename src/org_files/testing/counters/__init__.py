"""Contracts of counters backends, and totals to check in a site's own tests."""

from org_files.testing.counters.bulk import BulkTests
from org_files.testing.counters.cases import Totals, assert_exact, read_totals
from org_files.testing.counters.concurrency import ConcurrentCountersContract
from org_files.testing.counters.days import DayTests
from org_files.testing.counters.folding import FoldingTests, RemovalTests
from org_files.testing.counters.recording import LinkTests, RecordingTests, WithdrawalTests

__all__ = [
    "ConcurrentCountersContract",
    "CountersContract",
    "Totals",
    "assert_exact",
    "read_totals",
]


class CountersContract(
    RecordingTests, LinkTests, WithdrawalTests, BulkTests, FoldingTests, DayTests, RemovalTests
):
    """Behaviour of every counters backend for one request at a time.

    ::

        class TestMyCounters(CountersContract, TestCase):
            backend = {"BACKEND": "mysite.counters.MyCounters"}
    """
