"""Contracts of counters backends, and totals to check in a site's own tests."""

from org_files.testing.counters.concurrency import ConcurrentCountersContract
from org_files.testing.counters.folding import FoldingTests, ListTests, RemovalTests
from org_files.testing.counters.ranges import LinkTests, RangeTests
from org_files.testing.counters.recording import RecordingTests, WithdrawalTests
from org_files.testing.counters.totals import Totals, assert_exact, read_totals

__all__ = [
    "ConcurrentCountersContract",
    "CountersContract",
    "Totals",
    "assert_exact",
    "read_totals",
]


class CountersContract(
    RecordingTests,
    RangeTests,
    LinkTests,
    WithdrawalTests,
    FoldingTests,
    ListTests,
    RemovalTests,
):
    """Behaviour of every counters backend for one request at a time.

    ::

        class TestMyCounters(CountersContract, TestCase):
            backend = {"BACKEND": "mysite.counters.MyCounters"}
    """
