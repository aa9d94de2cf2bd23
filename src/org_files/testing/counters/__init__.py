"""The contracts of counters backends, and totals to check in tests of one's own."""

from org_files.testing.counters.concurrency import ConcurrentCountersContract
from org_files.testing.counters.folding import FoldingTests
from org_files.testing.counters.links import LinkTests
from org_files.testing.counters.lists import ListTests
from org_files.testing.counters.ranges import RangeTests
from org_files.testing.counters.recording import RecordingTests
from org_files.testing.counters.removals import RemovalTests
from org_files.testing.counters.totals import Totals, assert_exact, read_totals
from org_files.testing.counters.withdrawals import WithdrawalTests

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
    """What every counters backend does for one who asks at a time.

    ::

        class TestMyCounters(CountersContract, TestCase):
            backend = {"BACKEND": "mysite.counters.MyCounters"}
    """
