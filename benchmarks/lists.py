"""Lists of a million files, against a tutorial's list and against counting as they are shown."""

from __future__ import annotations

from functools import partial

from django.db import connection
from django.utils import timezone

from benchmarks.archive import Archive, archive
from benchmarks.environment import Environment, connected_to
from benchmarks.report import Chart, Check, Figure, Report
from benchmarks.rounds import Sample, cost, per_second, play, ratio, repeated
from benchmarks.seed import make_pending
from org_files import counters, get_file_model
from org_files.models import PendingDownload, live

NAME = "lists"
FILES = 1_000_000
PENDING = 10_000
COST_OF_PENDING = 2.5
COST_OF_DEPTH = 2.0

PATHS = {
    "first page": "/api/files/",
    "first page by cursor": "/api/files/?cursor=",
    "by name": "/api/files/?ordering=name",
    "by downloads": "/api/files/?ordering=-download_count",
    "page half way": "/api/files/?page={deep}",
    "last page": "/api/files/?page={last}",
}


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure in one organization and in a thousand; then with all pending rows on one file."""
    files, many = (500, 10) if quick else (FILES, 1_000)
    for organizations in (1, many):
        label = f"{files:,} files in {organizations:,} organization{'s'[: organizations - 1]}"
        with archive(environment, files=files, organizations=organizations) as one:
            _compare(report, one, label, quick=quick)
            _compare_pending(report, one, label, quick=quick)


def _compare(report: Report, one: Archive, label: str, *, quick: bool) -> None:
    seconds, rounds = (0, 1) if quick else (1.0, 3)
    rows = {}
    for name, path in PATHS.items():
        rivals = {
            "ours": partial(one.turn, path, seconds),
            "columns": partial(one.turn, path.replace("/api/", "/plain/"), seconds),
            "counted when shown": partial(one.turn, path.replace("/api/", "/naive/"), seconds),
            "count of the rows": partial(_count, one, seconds),
        }
        # A tutorial's list has no cursors.
        if "cursor" in path:
            rivals = {"ours": rivals["ours"]}
        result = play(rivals, rounds)
        for rival in list(rivals)[1:]:
            is_deep = rival == "count of the rows" and name in ("page half way", "last page")
            report.add(
                Figure(
                    NAME,
                    f"cost of {name}, ours : {rival}, {label}",
                    ratio(result, rival, "ours"),
                    at_most=COST_OF_DEPTH if is_deep and not quick else None,
                    detail=per_second(result, "ours", rival),
                )
            )
        rows[name] = [cost(result, "ours", who) / 1000 for who in ("workers", "database")]
        if "page=" not in path:
            wrong = one.wrong_totals(path)
            report.add(Check(NAME, f"{name} is exact, {label}", not wrong, "; ".join(wrong[:3])))
    title = f"Processor time of one page in milliseconds, {label}"
    report.add(Chart(NAME, title, ["workers", "database"], rows))


def _count(one: Archive, seconds: float) -> Sample:
    """Let the database count the rows of the list, which no numbered page can do without."""
    files = get_file_model()._base_manager.filter(live(timezone.now()))
    with connected_to(one.url):
        return repeated(files.count, seconds)


def _compare_pending(report: Report, one: Archive, label: str, *, quick: bool) -> None:
    """Compare a page with all pending downloads on one file to a page with none."""
    seconds, rounds, number = (0, 1, 200) if quick else (2.0, 3, PENDING)

    def turn(path: str, pending: int) -> Sample:
        with connected_to(one.url):
            counters.fold()
            make_pending(one.hot, pending)
            # So that "none" means none: no dead rows of the turn before.
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM ANALYZE {PendingDownload._meta.db_table}")
        return one.turn(path, seconds)

    for name, path in (
        ("first page", PATHS["first page"]),
        ("by downloads", PATHS["by downloads"]),
    ):
        turns = {"none": partial(turn, path, 0), "pending": partial(turn, path, number)}
        result = play(turns, rounds)
        turn(path, number)
        wrong = one.wrong_totals(path)
        report.add(
            Figure(
                NAME,
                f"{name} with {number:,} pending on one file : none, {label}",
                ratio(result, "none", "pending"),
                at_most=COST_OF_PENDING,
                detail=per_second(result, "none", "pending"),
            ),
            Check(NAME, f"{name} is exact with pending, {label}", not wrong, "; ".join(wrong[:3])),
        )
    with connected_to(one.url):
        counters.fold()
