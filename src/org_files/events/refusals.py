"""Sums of refusals: anonymous clients could otherwise record events without limit."""

import atexit
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from org_files.events.addresses import network_of

#: Seconds that are summed up in one record.
PERIOD = 60.0
#: Kinds of refusals that a process counts apart in one period. The others are counted together.
MAX_KEYS = 1000
#: Details that distinguish refusals, and that a sum keeps.
KEY_DETAILS = ("status", "code")
#: Fields that a sum keeps where all its refusals agree.
COMMON = ("actor", "object_type", "object_id", "organization")

Fields = dict[str, Any]
Write = Callable[[Fields], None]


class Refusals:
    """Refusals of this process, summed up by address, actor, event and code.

    The first of a period is written at once. The others become one record with ``count`` when the
    period ends, or when the process does.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Start without counts, in a forked process: its parent writes the earlier ones."""
        self._lock = threading.Lock()
        # The record to write for each kind; None while it was refused once.
        self._sums: dict[tuple[Any, ...], tuple[Write, Fields | None]] = {}
        self._period = -1
        self._timer: threading.Timer | None = None

    def add(self, fields: Fields, write: Write) -> None:
        """Count a refusal; call ``write`` with the fields of the first, and later of the sum."""
        period = int(self.clock() // PERIOD)
        with self._lock:
            ended = self._take() if period != self._period else []
            self._period = period
            network = network_of(fields["address"])
            details = [fields["details"].get(name, "") for name in KEY_DETAILS]
            key = (fields["event"], fields["actor"], network, *details)
            if key not in self._sums and len(self._sums) >= MAX_KEYS:
                key, network = (fields["event"],), ""
            is_first = key not in self._sums
            if is_first:
                self._sums[key] = write, None
            else:
                first_write, before = self._sums[key]
                self._sums[key] = first_write, _added(before, fields | {"address": network})
                self._start_timer()
        # Without the lock: handlers may be slow.
        for write_sum, total in ended:
            write_sum(total)
        if is_first:
            write(fields)

    def flush(self, period: int | None = None) -> None:
        """Write the sums; with ``period``, only those of that period."""
        with self._lock:
            ended = self._take() if period in (None, self._period) else []
        for write, total in ended:
            write(total)

    def forget(self) -> None:
        """Drop the counts, between two tests."""
        with self._lock:
            self._take()

    # The callers of these two have the lock.

    def _take(self) -> list[tuple[Write, Fields]]:
        sums, self._sums = self._sums, {}
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return [(write, total) for write, total in sums.values() if total is not None]

    def _start_timer(self) -> None:
        if self._timer is not None:
            return
        left = (self._period + 1) * PERIOD - self.clock()
        timer = threading.Timer(max(left, 0.0), partial(self.flush, self._period))
        timer.daemon = True
        timer.name = "org_files_refusals"
        try:
            timer.start()
        except RuntimeError:  # The interpreter is shutting down, and flushes at its exit.
            return
        self._timer = timer


def _added(total: Fields | None, fields: Fields) -> Fields:
    """Return the record of a sum, with one more refusal."""
    if total is None:
        details = fields["details"]
        kept = {name: details[name] for name in KEY_DETAILS if name in details}
        return fields | {"request_id": "", "details": kept | {"count": 1}}
    total["details"]["count"] += 1
    for name in COMMON:
        if total[name] != fields[name]:
            total[name] = ""
    return total


refused = Refusals()

# Runs before logging.shutdown, which was registered earlier.
atexit.register(refused.flush)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=refused.reset)
