"""Results of the benchmarks: figures with goals, and checks that must hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One number.

    ``at_least`` and ``at_most`` are its goals; a number without one is there for information.
    ``detail`` holds the medians that it was made of.
    """

    benchmark: str
    name: str
    value: float
    unit: str = "x"
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""

    @property
    def has_goal(self) -> bool:
        """Whether there is anything to pass."""
        return self.at_least is not None or self.at_most is not None

    @property
    def passed(self) -> bool:
        """Whether the goals, if any, are met."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def goal(self) -> str:
        """The goal as a reader wants it."""
        return goal_of(asdict(self))


@dataclass(frozen=True)
class Check:
    """Something that is right or wrong, however fast."""

    benchmark: str
    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Chart:
    """Values to be drawn: a bar of parts for each row, or a line over the columns."""

    benchmark: str
    title: str
    columns: list[str]
    rows: dict[str, list[float]]
    lines: bool = False


@dataclass
class Report:
    """Everything that one run found."""

    environment: Mapping[str, Any] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def add(self, *found: Figure | Check | Chart) -> None:
        """Take in what a benchmark found."""
        lists: dict[type, list[Any]] = {
            Figure: self.figures,
            Check: self.checks,
            Chart: self.charts,
        }
        for item in found:
            lists[type(item)].append(item)

    def has_modules(
        self, benchmark: str, modules: Mapping[str, str], source: str = "--group benchmarks"
    ) -> list[str]:
        """Return which distributions are there; the run fails by the others, and goes on."""
        found = [name for name, module in modules.items() if find_spec(module)]
        for name in modules:
            detail = "" if name in found else f"pip install {source}"
            self.add(Check(benchmark, f"{name} is installed", name in found, detail))
        return found

    def exit_code(self, *, strict: bool = False) -> int:
        """Return 1 where a check failed; with ``strict`` also where a goal was missed."""
        failed = [check for check in self.checks if not check.passed]
        missed = [figure for figure in self.figures if not figure.passed]
        return 1 if failed or (strict and missed) else 0

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "environment": dict(self.environment),
            "figures": [{**asdict(figure), "passed": figure.passed} for figure in self.figures],
            "checks": [asdict(check) for check in self.checks],
            "notes": self.notes,
            "charts": [asdict(chart) for chart in self.charts],
        }

    def as_text(self) -> str:
        """Return the report as tables."""
        rows = [("benchmark", "figure", "value", "goal", "", "medians")]
        rows += [
            (
                figure.benchmark,
                figure.name,
                f"{figure.value:.3g} {figure.unit}",
                figure.goal,
                "" if not figure.has_goal else "pass" if figure.passed else "MISSED",
                figure.detail,
            )
            for figure in self.figures
        ]
        checks = [("benchmark", "check", "", "")]
        checks += [
            (check.benchmark, check.name, "pass" if check.passed else "FAILED", check.detail)
            for check in self.checks
        ]
        parts = [", ".join(f"{name} {value}" for name, value in self.environment.items())]
        parts += [_table(table) for table in (rows, checks) if len(table) > 1]
        parts += [f"- {note}" for note in self.notes]
        return "\n\n".join(parts)


def goal_of(figure: Mapping[str, Any]) -> str:
    """Return the goal of a figure as a reader wants it."""
    if figure["at_least"] is not None:
        return f"≥ {figure['at_least']:g}"
    return f"≤ {figure['at_most']:g}" if figure["at_most"] is not None else ""


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: Iterable[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(rows[0]), line("-" * width for width in widths), *map(line, rows[1:])])
