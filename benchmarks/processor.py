"""Processor time of servers: of a process, its children, and those of them that have ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from django.db import connection

from benchmarks.rounds import Sample


def processor_seconds(pid: int) -> float:
    """Return the processor seconds of a process and all below it. Only Linux tells them."""
    with contextlib.suppress(OSError):  # one of them may end meanwhile
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        # utime, stime, cutime, cstime
        ticks = sum(map(int, stat.rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK") + sum(map(processor_seconds, children(pid)))
    return 0.0


def children(pid: int | str = "self") -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def postmaster() -> int | None:
    """Return the process of PostgreSQL that Django uses, if it is on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path("/proc", str(cursor.fetchone()[0]))
    with contextlib.suppress(OSError):
        if backend.joinpath("comm").read_text(encoding="utf-8").strip() == "postgres":
            status = backend.joinpath("status").read_text(encoding="utf-8")
            return int(status.partition("PPid:")[2].split()[0])
    return None


def measured(turn: Callable[[], Sample], workers: list[int]) -> Sample:
    """Return the sample of ``turn`` with the processor time of these processes and PostgreSQL."""
    database = postmaster()
    watched: Mapping[str, list[int]] = {"workers": workers, "database": [database or 0]}

    def spent() -> dict[str, float]:
        return {name: sum(map(processor_seconds, pids)) for name, pids in watched.items()}

    before = spent()
    sample = turn()
    return replace(
        sample, processor={name: value - before[name] for name, value in spent().items()}
    )
