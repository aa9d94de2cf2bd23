"""Every path of the API, by the number of files."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from statistics import median

from benchmarks.archive import RARE_COMMENT, RARE_NAME, Archive, archive
from benchmarks.environment import Environment
from benchmarks.report import Chart, Check, Figure, Report
from benchmarks.rounds import Result, play, ratio

NAME = "growth"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ORGANIZATIONS = 100
GOAL = 1.5

ORDERINGS = ("created_at", "name", "size", "download_count", "last_downloaded_at")
ALONE = "/api/files/?ordering={}".format
WITHIN = "/api/files/?organization={{organization}}&ordering={}".format

#: Paths by chart, and whether a goal is theirs.
PATHS: dict[str, tuple[bool, dict[str, str]]] = {
    "One file": (
        True,
        {
            "content": "/api/files/{file}/content/",
            "file": "/api/files/{file}/",
            "its downloads": "/api/files/{file}/downloads/",
        },
    ),
    "Orderings by number": (True, {name: ALONE(f"-{name}") for name in ORDERINGS}),
    "Orderings by cursor": (True, {name: ALONE(f"-{name}&cursor=") for name in ORDERINGS}),
    "Orderings within an organization": (
        True,
        {name: WITHIN(f"-{name}&cursor=") for name in ORDERINGS},
    ),
    "Filters and search": (
        True,
        {
            "organization": "/api/files/?organization={organization}",
            "owner": "/api/files/?owner={owner}",
            "resource": "/api/files/?resource=case",
            "resource_id": "/api/files/?resource_id=7",
            "files of an object": "/api/resources/case/7/files/",
            "trashed": "/api/files/?trashed=true",
            "search in names": f"/api/files/?search={RARE_NAME}",
            "search in comments": f"/api/files/?search={RARE_COMMENT}",
        },
    ),
    "Others": (
        False,
        {
            "page half way": "/api/files/?page={deep}",
            "organizations": "/api/organizations/",
            "usage": "/api/organizations/{organization}/usage/",
            "downloads by number": "/api/downloads/",
            "downloads by cursor": "/api/downloads/?cursor=",
            "downloads of an organization": "/api/organizations/{organization}/downloads/",
        },
    ),
}


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure all sizes in turns, path by path."""
    sizes, organizations = ((100, 500), 10) if quick else (SIZES, ORGANIZATIONS)
    seconds, rounds = (0, 1) if quick else (0.5, 3)
    with ExitStack() as stack:
        archives = {
            f"{size:,}": stack.enter_context(
                archive(environment, files=size, organizations=organizations)
            )
            for size in sizes
        }
        for one in archives.values():
            one.index()
        for group, (has_goal, paths) in PATHS.items():
            rows = {}
            for label, path in paths.items():
                result = _measure(archives, path, seconds, rounds)
                rows[label] = [1000 / median(s.rate for s in result[size]) for size in result]
                goal = GOAL if has_goal and not quick else None
                report.add(_figure(f"{group}: {label}", result, rows[label], goal))
            report.add(Chart(NAME, f"{group}, milliseconds", list(archives), rows, lines=True))
        _check(report, archives)
        for one in archives.values():
            one.index(drop=True)


def _measure(archives: dict[str, Archive], path: str, seconds: float, rounds: int) -> Result:
    for one in archives.values():
        one.get(path)
    return play({size: partial(one.turn, path, seconds) for size, one in archives.items()}, rounds)


def _figure(label: str, result: Result, times: list[float], goal: float | None) -> Figure:
    small, *_, large = result
    return Figure(
        NAME,
        f"{label}, {large} files : {small}",
        ratio(result, small, large),
        at_most=goal,
        detail=", ".join(f"{value:,.1f} ms" for value in times),
    )


def _check(report: Report, archives: dict[str, Archive]) -> None:
    for size, one in archives.items():
        wrong = one.wrong_totals("/api/files/?ordering=-download_count")
        report.add(
            Check(
                NAME,
                f"{size} files: totals are those of the ledger",
                not wrong,
                "; ".join(wrong[:3]),
            )
        )
