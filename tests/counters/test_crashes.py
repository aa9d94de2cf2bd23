"""Processes killed after a statement: nothing is half done, and nothing blocks what follows.

The default run kills after every statement that writes, with ``-m sweep`` after every statement.
"""

import pytest
from django.conf import settings

from org_files import counters
from org_files.testing.counters import assert_exact, read_totals
from org_files.testing.counters.cases import only
from tests.victims import FINISHED, KILLED

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("writes", [True, pytest.param(False, marks=pytest.mark.sweep)]),
]

#: More statements than anything here executes.
MANY = 30


def deaths(doomed, do, file, **case):
    """Do something, killed after its first statement, then after its second, until it ends."""
    for statement in range(1, MANY):
        case |= {"reader": f"reader {statement}", "ORG_FILES": settings.ORG_FILES}
        end = doomed.run(do, file=file.pk, statement=statement, **case)
        yield statement
        if end == FINISHED:
            assert statement > 1
            return
        assert end == KILLED
    raise AssertionError(f"{do} goes on after {MANY} statements")


@pytest.mark.usefixtures("backend")
def test_killed_download__is_counted_whole_or_not_at_all(doomed, file, writes):
    counted = 0
    for do in ("record", "grant", "grant_many"):
        first = counted
        for _ in deaths(doomed, do, file, writes=writes):
            before, counted = counted, read_totals(file).ledger
            assert counted - before in (0, 1)
            assert_exact(file, counted)
        assert counted > first


# The rest is the same code under every backend.


@pytest.mark.usefixtures("ledger_backend")
def test_killed_segment__does_not_stand_in_the_way_of_the_next(doomed, file, writes):
    for statement in deaths(doomed, "record_range", file, writes=writes):
        counters.record_range(file=file, address="192.0.2.1", user_agent=f"reader {statement}")

        # Begun by the killed process or by this one: exactly one download for each reader.
        assert_exact(file, statement)


@pytest.mark.usefixtures("ledger_backend")
@pytest.mark.parametrize("folded", [False, True], ids=["pending", "folded"])
def test_killed_withdrawal__is_done_or_not(doomed, file, folded, writes):
    left = 5
    for _ in range(left):
        counters.record_download(file=file)
    if folded:
        counters.fold()

    for _ in deaths(doomed, "withdraw", file, writes=writes):
        before, left = left, read_totals(file).ledger
        assert before - left in (0, 1)
        assert_exact(file, left)

    assert left < 5


@pytest.mark.usefixtures("ledger_backend")
def test_killed_fold__loses_nothing_and_counts_nothing_twice(doomed, file, writes):
    for _ in range(5):
        counters.record_download(file=file)

    for _ in deaths(doomed, "fold", file, writes=writes):
        assert_exact(file, 5)

    counters.fold()
    assert_exact(file, 5)


@pytest.mark.usefixtures("ledger_backend")
def test_killed_repair__can_be_repeated(doomed, file, writes):
    for _ in range(3):
        counters.record_download(file=file)
    only(file).update(folded_download_count=50)

    for _ in deaths(doomed, "repair", file, writes=writes):
        assert read_totals(file).ledger == 3
        assert read_totals(file).file in (3, 50, 53)

    assert_exact(file, 3)
