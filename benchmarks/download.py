"""The download over HTTP, against what else sends a file, and against itself uncounted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from benchmarks import packages
from benchmarks.environment import Environment, database
from benchmarks.exactness import differences
from benchmarks.flush import slow_flush
from benchmarks.load import generator, load
from benchmarks.nginx import Nginx
from benchmarks.processor import measured
from benchmarks.report import Chart, Check, Figure, Report
from benchmarks.rounds import Result, Sample, cost, per_second, play, ratio
from benchmarks.seed import Hot, access_token, drf_token, make_hot, session_cookie
from org_files.counters import LedgerCounters
from org_files.models import Download
from tests.servers.process import ServerMissing, ServerProcess
from tests.servers.site import LiveSite

NAME = "download"
WORKERS = 2
CLIENTS = (1, 8, 32, 64)
#: The number of clients that the goals are about, beside one.
MANY = 32

OURS = "JWT"
#: What counts, and must be exact.
COUNTED = ("session", "token", OURS, "naive", "JWT, granian", "JWT, uvicorn")

#: Clients to the least number of downloads for each of the naive view's.
FASTER_THAN_NAIVE = {1: 1.9, MANY: 4.0}
FASTER_THAN_NAIVE_SLOW_FLUSH = 4.0
OF_BARE = 0.30
OF_UNCOUNTED = 0.95
OF_BARE_ASGI = 0.8


class GranianSite(LiveSite):
    """The same site under granian, with as many threads."""

    def command(self) -> list[str]:
        """Return the command."""
        options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        options += ["--workers", str(self.workers), "--blocking-threads", str(self.threads)]
        options += ["--log-level", "warning", self.application]
        return [sys.executable, "-m", "granian", *options]


@dataclass(frozen=True)
class Rival:
    """A URL, the processes that answer it, and the headers of a request."""

    url: str
    servers: Sequence[ServerProcess]
    headers: Callable[[], dict[str, str]]


class Rivals:
    """Sites that send the same number of bytes, each from a file of its own where it counts."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.rivals: dict[str, Rival] = {}
        self.hot: dict[str, Hot] = {}
        self.done: dict[str, int] = {}

    def add(self, name: str, url: str, *servers: ServerProcess, **headers: str) -> None:
        """Take in a rival that counts nothing."""
        self.rivals[name] = Rival(url, servers, lambda: headers)

    def add_counted(
        self,
        name: str,
        site: LiveSite,
        headers: Callable[..., dict[str, str]],
        path: str = "/api/files/{}/content/",
    ) -> None:
        """Take in a view of files that asks who reads."""
        hot = self.hot[name] = make_hot()
        url = site.url + path.format(hot.file.public_id)
        # A session and a token of DRF last; a JWT is made for each turn.
        fixed = None if headers is access_token else headers(hot.user)
        self.rivals[name] = Rival(url, [site], lambda: fixed or headers(hot.user))

    def turns(self, clients: int) -> dict[str, Callable[[], Sample]]:
        """Return a turn of each rival, for ``play``."""
        return {name: partial(self.turn, name, clients) for name in self.rivals}

    def turn(self, name: str, clients: int) -> Sample:
        """Let one of them serve so many clients."""
        rival = self.rivals[name]
        ask = partial(
            load, rival.url, clients=clients, seconds=self.seconds, headers=rival.headers()
        )
        sample = measured(ask, [server.pid for server in rival.servers])
        self.done[name] = self.done.get(name, 0) + sample.done
        return sample


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure by numbers of clients, and with a slow flush."""
    seconds, rounds, numbers = (0.1, 1, (1, 4)) if quick else (2, 3, CLIENTS)
    many = min(MANY, max(numbers))
    results = {}
    with _rivals(report, environment, seconds, quick=quick) as rivals:
        if not quick:
            # Opens the threads' connections to the database.
            play(rivals.turns(many), 1)
        for clients in numbers:
            results[clients] = play(rivals.turns(clients), rounds)
            _report(report, results[clients], clients)
        _check(report, rivals, "")
    _chart(report, results, many)
    with slow_flush(environment, quick=quick) as slow, ExitStack() as stack:
        rivals = Rivals(seconds)
        site = stack.enter_context(_site(slow.environment, workers=1 if quick else WORKERS))
        rivals.add_counted(OURS, site, access_token)
        rivals.add_counted("naive", site, access_token, "/naive/{}/")
        if not quick:
            play(rivals.turns(many), 1)
        result = play(rivals.turns(many), rounds)
        label = f"{many} clients, {slow.label}"
        report.add(_figure(result, label, "naive", FASTER_THAN_NAIVE_SLOW_FLUSH))
        _check(report, rivals, f", {slow.label}")
    report.notes.append(f"download: load by {generator()}")


def _site(
    environment: Environment,
    kind: type[LiveSite] = LiveSite,
    *,
    workers: int,
    asgi: bool = False,
    **more: str,
) -> LiveSite:
    # As many threads as clients: none waits for a thread while others wait for rows.
    variables = {**environment.variables, **more}
    return kind(variables, workers=workers, threads=max(CLIENTS) // workers, asgi=asgi)


@contextmanager
def _rivals(
    report: Report, environment: Environment, seconds: float, *, quick: bool
) -> Iterator[Rivals]:
    """Start the servers; with ``quick`` those of one worker, and without other packages."""
    rivals = Rivals(seconds)
    workers = 1 if quick else WORKERS
    with ExitStack() as stack:

        def start(*options: type[LiveSite], **more: Any) -> LiveSite:
            return stack.enter_context(_site(environment, *options, workers=workers, **more))

        main = start()
        rivals.add_counted("session", main, session_cookie)
        rivals.add_counted("token", main, drf_token)
        rivals.add_counted(OURS, main, access_token)
        rivals.add_counted("naive", main, access_token, "/naive/{}/")
        rivals.add_counted("uncounted", start(BENCHMARK_COUNTERS="none"), access_token)
        key = rivals.hot[OURS].file.content.name
        rivals.add("bare FileResponse", f"{main.url}/bare/{key}", main)
        asgi = start(asgi=True)
        rivals.add_counted("JWT, uvicorn", asgi, access_token)
        rivals.add("bare FileResponse, uvicorn", f"{asgi.url}/bare/{key}", asgi)
        if report.has_modules(NAME, {"granian": "granian"}):
            rivals.add_counted("JWT, granian", start(GranianSite), access_token)
        try:
            nginx = Nginx(environment.variables["MEDIA_ROOT"], main.port, workers)
        except ServerMissing as missing:
            report.add(Check(NAME, "nginx is installed", False, str(missing)))
        else:
            stack.enter_context(nginx)
            rivals.add("nginx static", f"{nginx.url}/static/{key}", nginx)
            rivals.add("bare X-Accel", f"{nginx.url}/accel/{key}", nginx, main)
        if quick:
            report.notes.append("download: --quick leaves out the packages of rivals.txt")
        else:
            modules = {name: module for name, (module, _) in packages.PACKAGES.items()}
            report.has_modules(NAME, modules, "-r benchmarks/rivals.txt")
            url = stack.enter_context(database(environment.variables["DATABASE_URL"], "packages"))
            variables = {"BENCHMARK_PACKAGES": "1", "DATABASE_URL": url}
            others = start(**variables)
            for name, path, cookie in _other_files(environment, variables):
                rivals.add(name, others.url + path, others, Cookie=cookie)
        yield rivals


def _other_files(
    environment: Environment, variables: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the file of each other package: name, path, and the cookie of its reader."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.packages"],
        env={**environment.all_variables, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for line in made.stdout.splitlines():
        yield tuple(json.loads(line).values())


def _figure(
    result: Result, label: str, rival: str, goal: float | None = None, ours: str = OURS
) -> Figure:
    return Figure(
        NAME,
        f"{ours} : {rival}, {label}",
        ratio(result, ours, rival),
        at_least=goal,
        detail=per_second(result, ours, rival),
    )


def _report(report: Report, result: Result, clients: int) -> None:
    label = f"{clients} clients" if clients > 1 else "1 client"
    goals = {"naive": FASTER_THAN_NAIVE.get(clients), "uncounted": OF_UNCOUNTED}
    if clients == MANY:
        goals["bare FileResponse"] = OF_BARE
    report.add(
        *(
            _figure(result, label, rival, goals.get(rival))
            for rival in result
            if rival != OURS and "uvicorn" not in rival
        ),
        _figure(result, label, "bare FileResponse, uvicorn", OF_BARE_ASGI, "JWT, uvicorn"),
        _figure(result, label, "bare FileResponse", None, "bare FileResponse, uvicorn"),
        *(
            Figure(
                NAME,
                f"{name}: processor time, {label}",
                sum(spent.values()),
                unit="µs",
                detail=", ".join(f"{spender} {value:,.0f}" for spender, value in spent.items()),
            )
            for name, spent in _costs(result).items()
        ),
    )


def _costs(result: Result) -> dict[str, dict[str, float]]:
    """Return the processor time of one request, in microseconds, by who spends it."""
    return {
        name: {who: cost(result, name, who) for who in ("workers", "database")} for name in result
    }


def _chart(report: Report, results: dict[int, Result], many: int) -> None:
    rates = {
        name: [median(s.rate for s in result[name]) for result in results.values()]
        for name in results[many]
    }
    report.add(
        Chart(NAME, "Downloads per second, by clients", list(map(str, results)), rates, lines=True),
        Chart(
            NAME,
            f"Processor time of one download in microseconds, {many} clients",
            ["workers", "database"],
            {name: list(spent.values()) for name, spent in _costs(results[many]).items()},
        ),
    )


def _check(report: Report, rivals: Rivals, where: str) -> None:
    backend = LedgerCounters()
    for name, hot in rivals.hot.items():
        in_ledger = Download.objects.filter(file_public_id=hot.file.public_id).count()
        if name not in COUNTED:
            report.add(Check(NAME, f"{name}: counts nothing{where}", not in_ledger))
            continue
        # Of those that the load generator gave up when its time was up, some are counted.
        wrong = differences(backend, hot.file)
        report.add(
            Check(
                NAME,
                f"{name}: every download is in the ledger and in both totals{where}",
                not wrong and in_ledger >= rivals.done[name] > 0,
                "; ".join([f"{rivals.done[name]} answered, {in_ledger} in the ledger", *wrong]),
            )
        )
