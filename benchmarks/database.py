"""The database alone: one hot file in one hot organization, and ever more connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import TypeVar

from django.db import connections

from benchmarks.counters import LedgerOnly, NaiveCounters
from benchmarks.environment import Environment, flush_milliseconds
from benchmarks.exactness import differences
from benchmarks.flush import slow_flush
from benchmarks.report import Check, Figure, Report
from benchmarks.rounds import Sample, per_second, play, ratio, slowness
from benchmarks.seed import make_hot, make_pending
from org_files.counters import Counters, DirectCounters, LedgerCounters
from org_files.counters.rows import new_row

T = TypeVar("T")

NAME = "database"

BACKENDS: dict[str, type[Counters]] = {
    "ledger": LedgerCounters,
    "naive": NaiveCounters,
    "direct": DirectCounters,
    "ceiling": LedgerOnly,
}

#: Connections to the goal of the ratio to naive. Others are measured for information.
GOALS = {32: 12.0}
GOAL_SLOW_FLUSH = 30.0
P99_GOAL = 0.1


@dataclass
class Watch:
    """Observations of readers while others record."""

    looks: int = 0
    mismatches: list[str] = field(default_factory=list)


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure, and check that ledger and totals agree at the end and at every look before."""
    seconds, rounds = (0.1, 1) if quick else (1.5, 3)
    numbers = (1, 4) if quick else (1, 4, 16, 32)
    watches = {name: Watch() for name in BACKENDS}
    lost: dict[str, list[str]] = {name: [] for name in BACKENDS}

    def measure(number: int, label: str, goal: float | None) -> None:
        rivals = {
            name: partial(_turn, backend(), number, seconds, watches[name], lost[name])
            for name, backend in BACKENDS.items()
        }
        result = play(rivals, rounds)
        report.add(
            Figure(
                NAME,
                f"ledger : naive, {label}",
                ratio(result, "ledger", "naive"),
                at_least=goal,
                detail=per_second(result, *BACKENDS),
            ),
            Figure(NAME, f"direct : naive, {label}", ratio(result, "direct", "naive")),
            Figure(NAME, f"ceiling : naive, {label}", ratio(result, "ceiling", "naive")),
        )
        if number == max(numbers):
            report.add(
                Figure(
                    NAME,
                    f"p99 of ledger : naive, {label}",
                    slowness(result, "ledger", "naive"),
                    at_most=P99_GOAL if number in GOALS else None,
                    detail=", ".join(
                        f"{name} {median(s.p99 for s in samples):.1f} ms"
                        for name, samples in result.items()
                    ),
                )
            )

    report.add(Figure(NAME, "one commit of one row", flush_milliseconds(), unit="ms"))
    for number in numbers:
        measure(number, f"{number} connections", GOALS.get(number))
    with slow_flush(environment, quick=quick) as slow:
        report.add(
            Figure(NAME, f"one commit of one row, {slow.label}", flush_milliseconds(), unit="ms")
        )
        goal = None if quick else GOAL_SLOW_FLUSH
        measure(max(numbers), f"{max(numbers)} connections, {slow.label}", goal)
    _measure_fold(report, rows=2_000 if quick else 20_000)
    for name in ("ledger", "direct", "naive"):
        watch = watches[name]
        report.add(
            Check(NAME, f"{name}: exact at the end", not lost[name], "; ".join(lost[name][:3])),
            Check(
                NAME,
                f"{name}: exact in flight",
                watch.looks > 0 and not watch.mismatches,
                f"{watch.looks} looks; {len(watch.mismatches)} wrong "
                + "; ".join(watch.mismatches[:3]),
            ),
        )


def _turn(backend: Counters, number: int, seconds: float, watch: Watch, lost: list[str]) -> Sample:
    """Let ``number`` connections record downloads of one new file, readers and folder beside."""
    hot = make_hot()
    begin = threading.Barrier(number + 1)
    stop = threading.Event()

    def record() -> list[float]:
        times = []
        connections["default"].ensure_connection()
        begin.wait(60)
        while not stop.is_set():
            began = time.perf_counter()
            backend.record(new_row(file=hot.file, user=hot.user))
            times.append(time.perf_counter() - began)
        return times

    def fold() -> None:
        while not stop.wait(0.05):
            backend.fold(wait=False)

    def look() -> None:
        while not stop.wait(0.1):
            watch.looks += 1
            watch.mismatches += differences(backend, hot.file)

    beside = [look, fold] if isinstance(backend, LedgerCounters) else [look]
    with ThreadPoolExecutor(number + len(beside)) as threads:
        recorders = [threads.submit(_closing, record) for _ in range(number)]
        others = [threads.submit(_closing, task) for task in beside]
        try:
            begin.wait(60)
            began = time.perf_counter()
            stop.wait(seconds)
        finally:
            stop.set()
        times = sorted(value for recorder in recorders for value in recorder.result())
        took = time.perf_counter() - began
        for other in others:
            other.result()
    if not isinstance(backend, LedgerOnly):
        lost += differences(backend, hot.file, expected=len(times))
    return Sample(len(times), took, times[int(len(times) * 0.99)] * 1000)


def _closing(task: Callable[[], T]) -> T:
    try:
        return task()
    finally:
        connections.close_all()


def _measure_fold(report: Report, rows: int) -> None:
    hot = make_hot()
    backend = LedgerCounters(fold_every=0)
    backend.fold()
    make_pending(hot, rows)
    began = time.perf_counter()
    folded = backend.fold()
    took = time.perf_counter() - began
    wrong = differences(backend, hot.file, expected=rows)
    report.add(
        Figure(NAME, "fold, for each row", took / rows * 1e6, unit="µs", at_most=5),
        Check(NAME, "fold: takes every row once", folded == rows and not wrong, "; ".join(wrong)),
    )
