"""What settings of the connection to the database cost a download."""

from __future__ import annotations

import json
from contextlib import ExitStack

from benchmarks.download import OURS, Rivals
from benchmarks.environment import Environment
from benchmarks.report import Chart, Figure, Report
from benchmarks.rounds import cost, per_second, play, ratio
from benchmarks.seed import access_token
from tests.servers.site import LiveSite

NAME = "connections"
CLIENTS = 8
WORKERS = 2

#: Changes of DATABASES["default"].
SETTINGS = {
    OURS: {},
    "no health checks": {"CONN_HEALTH_CHECKS": False},
    "a connection for each request": {"CONN_MAX_AGE": 0},
    "as behind a pooler": {"DISABLE_SERVER_SIDE_CURSORS": True},
    "psycopg's pool": {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": True}},
}


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure a site of each."""
    seconds, rounds, workers = (0.1, 1, 1) if quick else (2, 3, WORKERS)
    rivals = Rivals(seconds)
    with ExitStack() as stack:
        for name, settings in SETTINGS.items():
            if "OPTIONS" in settings and not report.has_modules(
                NAME, {"psycopg-pool": "psycopg_pool"}
            ):
                continue
            variables = {**environment.variables, "BENCHMARK_DATABASE": json.dumps(settings)}
            site = LiveSite(variables, workers=workers, threads=CLIENTS // workers)
            rivals.add_counted(name, stack.enter_context(site), access_token)
        if not quick:
            play(rivals.turns(CLIENTS), 1)
        result = play(rivals.turns(CLIENTS), rounds)
    for name in list(result)[1:]:
        detail = per_second(result, OURS, name)
        report.add(
            Figure(NAME, f"{name} : as the example site", ratio(result, name, OURS), detail=detail)
        )
    title = f"Processor time of one download in microseconds, {CLIENTS} clients"
    spent = {name: [cost(result, name, who) for who in ("workers", "database")] for name in result}
    report.add(Chart(NAME, title, ["workers", "database"], spent))
