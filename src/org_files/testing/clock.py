"""The time, in the hands of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from django.utils import timezone

__all__ = ["Clock", "stopped_clock"]


class Clock:
    """The time, which stands still until a test lets it pass."""

    def __init__(self) -> None:
        self.time = timezone.now()

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, **delta: float) -> None:
        """Let time pass: arguments as those of ``timedelta``, negative ones too."""
        self.time += timedelta(**delta)


@contextmanager
def stopped_clock() -> Iterator[Clock]:
    """Have ``django.utils.timezone.now`` tell the time of the clock that is yielded."""
    clock = Clock()
    with mock.patch.object(timezone, "now", clock.now):
        yield clock
