"""A clock that tests control."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from django.utils import timezone


class Clock:
    """A clock that stands still until a test advances it."""

    def __init__(self) -> None:
        self.time = timezone.now()

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, **delta: float) -> None:
        """Advance the time by the arguments of ``timedelta``, which may be negative."""
        self.time += timedelta(**delta)


@contextmanager
def stopped_clock() -> Iterator[Clock]:
    """Replace ``django.utils.timezone.now`` by the clock that is yielded."""
    clock = Clock()
    with mock.patch.object(timezone, "now", clock.now):
        yield clock
