"""Sums of refusals: anonymous clients could otherwise record events without limit."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

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
Sum = tuple[Write, Fields | None]


class Refusals:
    """Refusals of this process, summed up by address, actor, event and code.

    The first of a period is written at once. The others become one record with ``count`` when the
    period ends, or when the process does.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        """Start without counts. A forked process does: its parent writes the earlier ones."""
        self._lock = threading.Lock()
        # The record to write for each kind; None while it was refused once.
        self._sums: dict[tuple[Any, ...], Sum] = {}
        self._period = -1
        self._timer: threading.Timer | None = None

    def add(self, fields: Fields, write: Write) -> None:
        """Count a refusal; call ``write`` with the fields of the first, and later of the sum."""
        period = int(self.clock() // PERIOD)
        ended: list[Sum] = []
        with self._lock:
            if period != self._period:
                ended = self._take()
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
                first_write, total = self._sums[key]
                self._sums[key] = first_write, _added(total, fields | {"address": network})
                self._start_timer()
        # Without the lock: handlers may be slow.
        _write_sums(ended)
        if is_first:
            write(fields)

    def flush(self, period: int | None = None) -> None:
        """Write the sums; with ``period``, only those of that period."""
        with self._lock:
            ended = self._take() if period in (None, self._period) else []
        _write_sums(ended)

    def forget(self) -> None:
        """Drop the counts, between two tests."""
        with self._lock:
            self._take()

    def _take(self) -> list[Sum]:
        """Return the sums, and start without counts. Needs the lock."""
        sums, self._sums = self._sums, {}
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return list(sums.values())

    def _start_timer(self) -> None:
        """Write the sums when the period ends, in a thread. Needs the lock."""
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
        details = {name: fields["details"].get(name) for name in KEY_DETAILS}
        kept = {name: value for name, value in details.items() if value is not None}
        return fields | {"request_id": "", "details": kept | {"count": 1}}
    total["details"]["count"] += 1
    for name in COMMON:
        if total[name] != fields[name]:
            total[name] = ""
    return total


def _write_sums(sums: Iterable[Sum]) -> None:
    for write, total in sums:
        if total is not None:
            write(total)


def network_of(address: str) -> str:
    """Return the network of a client: 64 bits of an IPv6 address, a whole IPv4 address."""
    try:
        parsed = ip_address(address)
    except ValueError:  # A Unix socket has none.
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))


refused = Refusals()

# Runs before logging.shutdown, which was registered earlier.
atexit.register(refused.flush)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=refused.reset)
