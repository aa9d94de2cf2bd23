"""Rounds in which rivals take turns: on a machine with other work, only neighbours compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Sample:
    """The result of one rival in one turn."""

    done: int
    seconds: float
    #: 99th percentile of how long one took, in milliseconds.
    p99: float
    #: Processor seconds of all of them, by who spent them.
    processor: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """The number per second."""
        return self.done / self.seconds


#: The samples of each rival, round by round.
Result = Mapping[str, list[Sample]]


def repeated(ask: Callable[[], object], seconds: float) -> Sample:
    """Call ``ask`` for so many seconds, at least once."""
    times: list[float] = []
    while not times or sum(times) < seconds:
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return Sample(len(times), sum(times), sorted(times)[int(len(times) * 0.99)] * 1000)


def play(rivals: Mapping[str, Callable[[], Sample]], rounds: int) -> Result:
    """Let each rival have a turn, ``rounds`` times; every second round runs backwards."""
    result: dict[str, list[Sample]] = {name: [] for name in rivals}
    for number in range(rounds):
        for name in list(rivals) if number % 2 == 0 else reversed(rivals):
            result[name].append(rivals[name]())
    return result


def ratio(result: Result, a: str, b: str) -> float:
    """Return how many times as many ``a`` did as ``b``: the median of the rounds' ratios."""
    return median(x.rate / y.rate for x, y in zip(result[a], result[b], strict=True))


def slowness(result: Result, a: str, b: str) -> float:
    """Return ``a``'s 99th percentile as a part of ``b``'s: the median of the rounds' ratios."""
    return median(x.p99 / y.p99 for x, y in zip(result[a], result[b], strict=True))


def cost(result: Result, name: str, spender: str) -> float:
    """Return the processor time of one, in microseconds: the median of the rounds."""
    return median(sample.processor[spender] / sample.done * 1e6 for sample in result[name])


def per_second(result: Result, *names: str) -> str:
    """Return the medians behind a ratio, to be read."""
    return ", ".join(
        f"{name} {median(sample.rate for sample in result[name]):,.0f}/s" for name in names
    )
