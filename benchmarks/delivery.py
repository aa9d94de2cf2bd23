"""Each way out of a site, against nginx that serves the folder alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from statistics import median
from typing import Any

import httpx

from benchmarks import nginx
from benchmarks.environment import Environment
from benchmarks.exactness import differences
from benchmarks.load import load
from benchmarks.processor import measured
from benchmarks.report import Chart, Check, Figure, Report
from benchmarks.rounds import Result, Sample, per_second, play, ratio
from benchmarks.seed import Hot, access_token, make_hot
from org_files.counters import LedgerCounters
from org_files.db.rows import all_rows
from tests.servers.apache import Apache
from tests.servers.nginx import Nginx
from tests.servers.process import ServerMissing, ServerProcess
from tests.servers.s3 import S3
from tests.servers.site import LiveSite

NAME = "delivery"
#: One process for all of them; the others wait for bytes while one waits for Django.
CLIENTS = 4
KIB = 1024
MIB = 1024 * KIB
SIZES = (16 * KIB, 100 * MIB)
QUICK_SIZES = (16 * KIB, 4 * MIB)

ALONE, STORE = "nginx alone", "the store alone"
#: The part of what nginx alone sends, for the largest file.
OF_NGINX = 0.95


@dataclass(frozen=True)
class Way:
    """A way out: the URL of a file, and the processes that answer it."""

    url: Callable[[Hot], str]
    servers: tuple[ServerProcess, ...]
    is_counted: bool = True


class Downloads:
    """The same file, by one way after the other."""

    def __init__(self, ways: Mapping[str, Way], size: int, seconds: float) -> None:
        self.ways, self.size, self.seconds = ways, size, seconds
        self.hot = make_hot(size=size)
        self.counted = 0

    def turn(self, name: str) -> Sample:
        """Let one way serve all clients."""
        way = self.ways[name]
        headers = access_token(self.hot.user) if way.is_counted else {}
        ask = partial(
            load,
            way.url(self.hot),
            clients=CLIENTS,
            seconds=self.seconds,
            headers=headers,
            follow=True,
        )
        sample = measured(ask, [server.pid for server in way.servers])
        # A client reads its last answer to the end, so every one is counted.
        self.counted += sample.done * way.is_counted
        return sample

    def digest(self, name: str) -> str:
        """Return the SHA-256 of what one way gives."""
        way = self.ways[name]
        headers = access_token(self.hot.user) if way.is_counted else {}
        self.counted += way.is_counted
        digest = sha256()
        options = {"headers": headers, "verify": False, "follow_redirects": True, "timeout": 60}
        with httpx.stream("GET", way.url(self.hot), **options) as answer:
            answer.raise_for_status()
            for block in answer.iter_raw():
                digest.update(block)
        return digest.hexdigest()


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure a small and a large file."""
    seconds, rounds = (0.1, 1) if quick else (3, 5)
    with _ways(report, environment, quick=quick) as (ways, copy):
        for size in QUICK_SIZES if quick else SIZES:
            downloads = Downloads(ways, size, seconds)
            copy(downloads.hot)
            label = f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"
            wrong = [name for name in ways if downloads.digest(name) != downloads.hot.file.sha256]
            name = f"the bytes are the same by each way, {label}"
            report.add(Check(NAME, name, not wrong, ", ".join(wrong)))
            result = play({name: partial(downloads.turn, name) for name in ways}, rounds)
            _report(report, result, label, is_large=size == SIZES[-1])
            found = differences(LedgerCounters(), downloads.hot.file, downloads.counted)
            name = f"every download is counted once, {label}"
            report.add(Check(NAME, name, not found, "; ".join(found)))


def _report(report: Report, result: Result, label: str, *, is_large: bool) -> None:
    for rival in (ALONE, STORE):
        for name in result if rival in result else ():
            if name in (ALONE, STORE) or (rival == STORE and "S3" not in name):
                continue
            goal = OF_NGINX if is_large and name == "X-Accel" and rival == ALONE else None
            report.add(
                Figure(
                    NAME,
                    f"{name} : {rival}, {label}",
                    ratio(result, name, rival),
                    at_least=goal,
                    detail=per_second(result, name, rival),
                )
            )
    rates = {name: [median(sample.rate for sample in result[name])] for name in result}
    report.add(
        Chart(NAME, f"Downloads of {label} per second, {CLIENTS} clients", ["per second"], rates)
    )


@contextmanager
def _ways(
    report: Report, environment: Environment, *, quick: bool
) -> Iterator[tuple[dict[str, Way], Callable[[Hot], None]]]:
    """Start the servers; yield the ways, and a function that gives them a file.

    With ``quick`` those without a store.
    """
    media = environment.variables["MEDIA_ROOT"]
    ways: dict[str, Way] = {}
    with ExitStack() as stack:

        def add(name: str, front: Callable[[str], Any] | None = None, **variables: str) -> LiveSite:
            site = LiveSite({**environment.variables, **variables})
            stack.enter_context(site)
            servers: tuple[Any, ...] = (site,)
            if front:
                servers = (stack.enter_context(front(site.url)), site)
            url = servers[0].url
            ways[name] = Way(lambda hot: f"{url}/api/files/{hot.file.public_id}/content/", servers)
            return site

        def behind(kind: str, replaced: Mapping[str, str]) -> Callable[[str], Any]:
            return lambda url: Nginx(kind, {"http://127.0.0.1:8000": url, **replaced})

        def apache(url: str) -> Any:
            return Apache({"http://127.0.0.1:8000": url, "/srv/mysite/files": media})

        stream = add("stream")
        alone = stack.enter_context(nginx.Nginx(media, stream.port, 2))
        static = f"{alone.url}/static/"
        ways[ALONE] = Way(lambda hot: static + hot.file.content.name, (alone,), is_counted=False)
        add("X-Accel", behind("local", {"/srv/mysite/files/": f"{media}/"}), DELIVERY="xaccel")
        with _reported(report, "mod_xsendfile"):
            add("X-Sendfile", apache, DELIVERY="xsendfile")
        store = None if quick else _store_ways(report, stack, ways, add, behind)

        def copy(hot: Hot) -> None:
            # Each site reads it in the storage of its own settings.
            all_rows(type(hot.file)).filter(pk=hot.file.pk).update(storage_alias="")
            if store:
                with hot.file.content.open("rb") as content:
                    store.save(hot.file.content.name, content)

        yield ways, copy


def _store_ways(
    report: Report,
    stack: ExitStack,
    ways: dict[str, Way],
    add: Callable[..., Any],
    behind: Callable[..., Any],
) -> Any:
    """Add the ways out of an object store; return its storage, ``None`` without one."""
    with _reported(report, "Swift"):
        server = stack.enter_context(S3())
        storage = server.new_storage()
        bucket = {"STORAGE": "s3", **server.variables(storage.bucket_name)}
        signed = partial(storage.url, expire=3600)
        ways[STORE] = Way(lambda hot: signed(hot.file.content.name), (server,), is_counted=False)
        add("stream from S3", **bucket)
        proxied = behind("s3", {"https://s3.example.com/": f"{server.url}/"})
        add("X-Accel to S3", proxied, DELIVERY="nginx-s3", **bucket)
        add("redirect to S3", DELIVERY="redirect", **bucket)
        return storage
    return None


@contextmanager
def _reported(report: Report, name: str) -> Iterator[None]:
    """Report whether a server is installed; the run fails by the others, and goes on."""
    missing = ""
    try:
        yield
    except ServerMissing as error:
        missing = str(error)
    report.add(Check(NAME, f"{name} is installed", not missing, missing))
