"""Every path of the API, by the number of files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median

from benchmarks.archive import PER_RESOURCE, RARE_COMMENT, RARE_NAME, Archive, archive
from benchmarks.environment import Environment, connected_to
from benchmarks.report import Chart, Check, Figure, Report
from benchmarks.rounds import Result, Sample, play, ratio, repeated
from org_files import get_organization_model
from org_files.attachments.related import related_files
from org_files.labels import Label

NAME = "growth"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ORGANIZATIONS = 100
GOAL = 1.5

ORDERINGS = ("created_at", "name", "size", "download_count", "last_downloaded_at")
ALONE = "/api/files/?ordering={}".format
WITHIN = "/api/files/?organization={{organization}}&ordering={}".format

OBJECTS = 50


def _files_of_objects(one: Archive, seconds: float) -> Sample:
    """Read the files of so many objects, as ``prefetch_related`` of a page of a site does."""
    model = get_organization_model()
    objects = [model(pk=number) for number in range(OBJECTS)]
    label = Label(text="case", model=model, attribute="files", organization=lambda obj: obj.pk)

    def read() -> None:
        files, *_ = related_files(label, objects[0]).get_prefetch_querysets(objects)
        if len(files) > OBJECTS * PER_RESOURCE or not files:
            raise RuntimeError(f"{len(files)} files of {OBJECTS} objects")

    with connected_to(one.url):
        return repeated(read, seconds)


#: What is asked for: a path of the API, or what returns the result of so many seconds.
Asked = str | Callable[[Archive, float], Sample]

#: Paths by chart, and whether a goal is theirs.
PATHS: dict[str, tuple[bool, dict[str, Asked]]] = {
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
            f"files of {OBJECTS} objects": _files_of_objects,
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


def _measure(archives: dict[str, Archive], asked: Asked, seconds: float, rounds: int) -> Result:
    def turn(one: Archive, seconds: float) -> Sample:
        return one.turn(asked, seconds) if isinstance(asked, str) else asked(one, seconds)

    for one in archives.values():
        turn(one, 0)
    return play({size: partial(turn, one, seconds) for size, one in archives.items()}, rounds)


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
