"""The download over HTTP, against the tutorial, a bare FileResponse, and itself uncounted."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.environment import Environment
from benchmarks.exactness import differences
from benchmarks.flush import slow_flush
from benchmarks.load import generator, load
from benchmarks.report import Check, Figure, Report
from benchmarks.rounds import Result, Sample, per_second, play, ratio
from benchmarks.seed import PASSWORD, Hot, make_hot
from org_files.counters import LedgerCounters
from org_files.models import Download
from tests.servers.site import LiveSite

NAME = "download"
CLIENTS = 32
WORKERS = 2

#: Clients to the least number of downloads for each of the naive view's.
FASTER_THAN_NAIVE = {1: 1.9, CLIENTS: 2.5}
FASTER_THAN_NAIVE_SLOW_FLUSH = 4.0
OF_BARE = 0.20
OF_UNCOUNTED = 0.95


class Rivals:
    """Sites that send the same 16 KiB, each from a file of its own."""

    def __init__(self, counted: LiveSite, uncounted: LiveSite, seconds: float) -> None:
        self.sites = {"counted": counted, "naive": counted, "uncounted": uncounted}
        self.hot = {name: make_hot() for name in self.sites}
        self.seconds = seconds
        self.done = dict.fromkeys(self.sites, 0)
        self.paths = {
            "counted": f"/api/files/{self.hot['counted'].file.public_id}/content/",
            "naive": f"/naive/{self.hot['naive'].file.public_id}/",
            "uncounted": f"/api/files/{self.hot['uncounted'].file.public_id}/content/",
        }
        self.bare = f"{counted.url}/bare/{self.hot['counted'].file.content.name}"

    def turns(self, clients: int, *names: str) -> dict[str, Callable[[], Sample]]:
        """Return what ``play`` wants."""
        return {name: partial(self.turn, name, clients) for name in names}

    def turn(self, name: str, clients: int) -> Sample:
        """Let one of them serve so many clients."""
        if name == "bare":
            return load(self.bare, clients=clients, seconds=self.seconds)
        site = self.sites[name]
        token = access_token(site, self.hot[name])  # anew, since it lives for five minutes
        url = site.url + self.paths[name]
        sample = load(url, clients=clients, seconds=self.seconds, token=token)
        self.done[name] += sample.done
        return sample


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure at one client and at many, and with a slow flush."""
    seconds, rounds = (1, 1) if quick else (2, 3)
    everybody = ("counted", "naive", "uncounted", "bare")
    with _rivals(environment, seconds) as rivals:
        # Opens the threads' connections to the database.
        play(rivals.turns(CLIENTS, *everybody), 1)
        for clients, goal in FASTER_THAN_NAIVE.items():
            result = play(rivals.turns(clients, *everybody), rounds)
            _report(report, result, f"{clients} clients", goal)
        _check(report, rivals, "")
    with slow_flush(environment, quick=quick) as slow, _rivals(slow.environment, seconds) as rivals:
        turns = rivals.turns(CLIENTS, "counted", "naive")
        play(turns, 1)
        result = play(turns, rounds)
        report.add(
            _against_naive(result, f"{CLIENTS} clients, {slow.label}", FASTER_THAN_NAIVE_SLOW_FLUSH)
        )
        _check(report, rivals, f", {slow.label}")
    report.notes.append(f"download: load by {generator()}")


@contextmanager
def _rivals(environment: Environment, seconds: float) -> Iterator[Rivals]:
    """Start the two sites."""
    with ExitStack() as stack:

        def site(**variables: str) -> LiveSite:
            # As many threads as clients: none waits for a thread while others wait for rows.
            server = LiveSite(
                {**environment.variables, **variables},
                workers=WORKERS,
                threads=CLIENTS // WORKERS,
            )
            return stack.enter_context(server)

        yield Rivals(site(), site(BENCHMARK_COUNTERS="none"), seconds)


def _against_naive(result: Result, label: str, goal: float) -> Figure:
    return Figure(
        NAME,
        f"counted : naive, {label}",
        ratio(result, "counted", "naive"),
        at_least=goal,
        detail=per_second(result, *result),
    )


def _report(report: Report, result: Result, label: str, goal: float) -> None:
    report.add(
        _against_naive(result, label, goal),
        Figure(
            NAME,
            f"counted : uncounted, {label}",
            ratio(result, "counted", "uncounted"),
            at_least=OF_UNCOUNTED,
        ),
        Figure(
            NAME, f"counted : bare, {label}", ratio(result, "counted", "bare"), at_least=OF_BARE
        ),
    )


def _check(report: Report, rivals: Rivals, where: str) -> None:
    backend = LedgerCounters()
    file = rivals.hot["counted"].file
    in_ledger = Download.objects.filter(file_public_id=file.public_id).count()
    # Of those that the load generator gave up when its time was up, some are counted.
    wrong = differences(backend, file)
    report.add(
        Check(
            NAME,
            f"every download is in the ledger and in both totals{where}",
            not wrong and in_ledger >= rivals.done["counted"] > 0,
            "; ".join([f"{rivals.done['counted']} answered, {in_ledger} in the ledger", *wrong]),
        ),
        Check(
            NAME,
            f"the uncounted view counts nothing{where}",
            not Download.objects.filter(
                file_public_id=rivals.hot["uncounted"].file.public_id
            ).exists(),
        ),
    )


def access_token(site: LiveSite, hot: Hot) -> str:
    """Log in; return the token."""
    request = urllib.request.Request(
        f"{site.url}/api/token/",
        json.dumps({"email": hot.email, "password": PASSWORD}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        token: str = json.load(answer)["access"]
    return token
