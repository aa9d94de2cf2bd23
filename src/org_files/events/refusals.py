"""Refused calls, summed up by minute: records of them would otherwise be without bound."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

__all__ = ["Refusals", "network_of", "refused"]

#: Seconds.
PERIOD = 60.0

#: Kinds of refusals that a process tells apart in one minute. The others are summed up together.
MAX_KEYS = 1000

#: Details by which refusals are told apart, and which their sum has.
TOLD_APART = ("status", "code")

#: Fields that a sum has where all refusals in it have the same.
COMMON = ("actor", "object_type", "object_id", "organization")

Fields = dict[str, Any]


@dataclass
class _Sum:
    """Refusals of one kind within one minute, after the first."""

    write: Callable[[Fields], None]
    fields: Fields | None = None
    count: int = 0

    def add(self, fields: Fields) -> None:
        """Count one, and keep what all have in common."""
        self.count += 1
        if self.fields is None:
            kept = {name: fields["details"].get(name) for name in TOLD_APART}
            details = {name: value for name, value in kept.items() if value is not None}
            self.fields = fields | {"request_id": "", "details": details}
        for name in COMMON:
            if self.fields[name] != fields[name]:
                self.fields[name] = ""

    def finish(self) -> None:
        """Write the record, if any refusal was counted."""
        if self.fields is not None:
            self.write(self.fields | {"details": self.fields["details"] | {"count": self.count}})


class Refusals:
    """Sums up refusals of one process by address, actor, event and code.

    The first of a minute is written at once. The others of that minute are written as one record
    with ``count`` when the minute ends, or when the process does.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.begin()

    def begin(self) -> None:
        """Begin without counts, in a forked process too: its parent writes those."""
        self._lock = threading.Lock()
        self._sums: dict[tuple[Any, ...], _Sum] = {}
        self._minute = -1
        self._timer: threading.Timer | None = None

    def add(self, fields: Fields, write: Callable[[Fields], None]) -> None:
        """Write a refusal, or count it. ``write`` takes the fields of a record."""
        minute = int(self.clock() // PERIOD)
        over: list[_Sum] = []
        with self._lock:
            if minute != self._minute:
                over = self._take()
                self._minute = minute
            network = network_of(fields["address"])
            told = [fields["details"].get(name, "") for name in TOLD_APART]
            key = (fields["event"], fields["actor"], network, *told)
            if key not in self._sums and len(self._sums) >= MAX_KEYS:
                key, network = (fields["event"],), ""
            is_first = key not in self._sums
            if is_first:
                self._sums[key] = _Sum(write)
            else:
                self._sums[key].add(fields | {"address": network})
                self._begin_timer()
        # Without the lock: a handler may be slow.
        for each in over:
            each.finish()
        if is_first:
            write(fields)

    def flush(self, minute: int | None = None) -> None:
        """Write what was counted; with ``minute`` only if it is the current minute."""
        with self._lock:
            over = [] if minute not in (None, self._minute) else self._take()
        for each in over:
            each.finish()

    def forget(self) -> None:
        """Forget what was counted, between two tests."""
        with self._lock:
            self._take()

    def _take(self) -> list[_Sum]:
        """Return what was counted, and begin anew. Needs the lock."""
        sums, self._sums = self._sums, {}
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return list(sums.values())

    def _begin_timer(self) -> None:
        """Have a thread write the sums when the minute ends. Needs the lock."""
        if self._timer is not None:
            return
        left = (self._minute + 1) * PERIOD - self.clock()
        timer = threading.Timer(max(left, 0.0), partial(self.flush, self._minute))
        timer.daemon = True
        timer.name = "org_files_refusals"
        try:
            timer.start()
        except RuntimeError:  # the interpreter ends, and writes the sums at its exit
            return
        self._timer = timer


def network_of(address: str) -> str:
    """Return the network that one client has: 64 bits of an IPv6 address, all of an IPv4 one."""
    try:
        parsed = ip_address(address)
    except ValueError:  # of a Unix socket, or of a test
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))


refused = Refusals()

# logging registered its own exit function before, which therefore runs after this one.
atexit.register(refused.flush)

if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=refused.begin)
