"""One photograph of 24 megapixels to two heights, against what else a Django site would take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.environment import Environment
from benchmarks.photograph import SIZE, take_photograph
from benchmarks.report import Check, Figure, Report
from benchmarks.rounds import Result, Sample, play, ratio
from benchmarks.scalers import HEIGHTS

NAME = "renditions"
GOALS = {"easy-thumbnails": 8.0}
#: What has to be installed beside what the tests need.
MODULES = {"easy-thumbnails": "easy_thumbnails", "pyvips": "pyvips"}
#: By how many dB ours may be less like the picture decoded whole and scaled than what a rival makes
#: of all its pixels. Speed is not to be bought with looks.
LESS_LIKE = 0.5


@dataclass
class Worker:
    """A process of ``scalers``."""

    process: subprocess.Popen[str]
    #: What it said of its first results.
    first: Mapping[str, Any]
    #: What each turn took of all processors.
    processor: list[Sample] = field(default_factory=list)

    def turn(self, seconds: float) -> Sample:
        """Let it scale for so many seconds, at least once."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        said = _line(self.process)
        times = sorted(said["times"])
        p99 = times[int(0.99 * (len(times) - 1))] * 1000
        self.processor.append(Sample(len(times), said["processor"], p99))
        return Sample(len(times), sum(times), p99)


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure speed, memory and likeness, each in a process of its own."""
    seconds, rounds = (0.0, 1) if quick else (1.5, 9)
    rivals = ["ours", "Pillow", *report.has_modules(NAME, MODULES)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        picture = folder / "picture.jpg"
        size = take_photograph(picture)
        workers = {
            name: stack.enter_context(_worker(name, picture, environment)) for name in rivals
        }
        result = play(
            {name: partial(worker.turn, seconds) for name, worker in workers.items()}, rounds
        )
    report.add(Figure(NAME, "photograph", size / 1e6, unit="MB"))
    _report_speed(report, result, workers)
    for name, worker in workers.items():
        _report_results(report, name, worker.first)
    _compare_likeness(report, workers)


def _report_speed(report: Report, result: Result, workers: Mapping[str, Worker]) -> None:
    processor = {name: worker.processor for name, worker in workers.items()}
    for name in list(workers)[1:]:
        for label, goal, samples in (
            (f"ours : {name}", GOALS.get(name), result),
            (f"ours : {name}, processor time", None, processor),
        ):
            detail = f"{_milliseconds(samples, 'ours')}, {_milliseconds(samples, name)}"
            speed = ratio(samples, "ours", name)
            report.add(Figure(NAME, label, speed, at_least=goal, detail=detail))


def _report_results(report: Report, name: str, first: Mapping[str, Any]) -> None:
    heights = [height for _, height in first["sizes"]]
    widths = [width for width, _ in first["sizes"]]
    fitting = [round(height * SIZE[0] / SIZE[1]) for height in HEIGHTS]
    report.add(
        Check(
            NAME,
            f"{name}: JPEGs of both heights",
            heights == list(HEIGHTS) and widths == fitting and set(first["formats"]) == {"JPEG"},
            ", ".join(f"{width} x {height}" for width, height in first["sizes"])
            + f"; {first['bytes']} bytes; {[round(value, 1) for value in first['dB']]} dB",
        )
    )
    if first["growth"] is not None:
        report.add(Figure(NAME, f"{name}: memory above idle", first["growth"], unit="MiB"))


def _compare_likeness(report: Report, workers: Mapping[str, Worker]) -> None:
    for name in GOALS.keys() & workers.keys():
        pairs = zip(workers["ours"].first["dB"], workers[name].first["dB"], strict=True)
        less = max(theirs - ours for ours, theirs in pairs)
        report.add(
            Check(
                NAME,
                f"ours looks like what {name} makes of the whole picture",
                less <= LESS_LIKE,
                f"{less:.2f} dB less",
            )
        )


def _milliseconds(result: Result, name: str) -> str:
    return f"{name} {1000 / median(sample.rate for sample in result[name]):.0f} ms"


@contextmanager
def _worker(name: str, picture: Path, environment: Environment) -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scalers", name, str(picture)],
        # Not the site's settings: each has its own.
        env=os.environ | {"PYTHONPATH": environment.variables["PYTHONPATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(process, _line(process))
    finally:
        process.communicate(timeout=60)


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise RuntimeError(f"A scaler ended: {process.args}")
    return dict(json.loads(said))
