"""A form with a file, against a bare application that reads, hashes and writes the same body."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median

from benchmarks.environment import Environment
from benchmarks.processor import measured
from benchmarks.report import Check, Figure, Report
from benchmarks.rounds import Sample, cost, play, ratio
from benchmarks.seed import access_token, make_hot
from benchmarks.wsgi import BARE
from org_files import get_file_model
from org_files.files import purge_file
from tests.servers.site import LiveSite

NAME = "upload"
MIB = 1024 * 1024
#: MiB of a file to how many times as long as the bare application one may take.
GOALS = {1024: 1.25, 1: 2.0}
QUICK_GOALS = {4: None, 1: None}
#: How much memory a worker may take for the largest file.
GROWTH = 16 * MIB
BOUNDARY = "benchmark-of-uploads"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()

SERVERS = {
    "gthread": "benchmarks.wsgi:application",
    "uvicorn, Django's handler": "benchmarks.asgi:django",
    "uvicorn, org_files.http.asgi": "benchmarks.asgi:org_files",
}


class Uploads:
    """A site that is sent the same file by the same form again and again."""

    def __init__(self, site: LiveSite, mib: int, times: int) -> None:
        self.site = site
        self.times = times
        self.blocks = [HEAD, *[secrets.token_bytes(MIB)] * mib, TAIL]
        self.length = sum(map(len, self.blocks))
        self.hot = make_hot()
        self.wrong: list[str] = []

    def turn(self, name: str) -> Sample:
        """Send the body to one of the two, so many times."""
        return measured(partial(self._turn, name), [self.site.pid])

    def _turn(self, name: str) -> Sample:
        headers = {"Content-Length": str(self.length)}
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        headers |= access_token(self.hot.user)
        times, answers = [], []
        with closing(http.client.HTTPConnection("127.0.0.1", self.site.port)) as connection:
            for _ in range(self.times):
                began = time.perf_counter()
                path = BARE if name == "bare" else "/api/files/"
                connection.request("POST", path, iter(self.blocks), headers)
                response = connection.getresponse()
                answers.append((response.status, response.read().decode()))
                times.append(time.perf_counter() - began)
        self._check(name, answers)
        return Sample(self.times, sum(times), max(times) * 1000)

    def _check(self, name: str, answers: list[tuple[int, str]]) -> None:
        """Compare what was stored with what was sent, and remove it."""
        content = self.blocks if name == "bare" else self.blocks[1:-1]
        digest = sha256()
        for block in content:
            digest.update(block)
        for status, text in answers:
            found = text
            if name == "ours" and status == 201:
                body = json.loads(text)
                found = body["sha256"]
                purge_file(file=get_file_model()._base_manager.get(public_id=body["id"]))
            if found != digest.hexdigest():
                self.wrong.append(f"{name}: {status} {text[:100]}")


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure a large file and a small one on each server."""
    rounds = 1 if quick else 5
    for server, application in SERVERS.items():
        asgi = server.startswith("uvicorn")
        wrong: list[str] = []
        with LiveSite(environment.variables, asgi=asgi, application=application) as site:
            for mib, goal in (QUICK_GOALS if quick else GOALS).items():
                uploads = Uploads(site, mib, 1 if quick or mib > 1 else 20)
                rivals = {name: partial(uploads.turn, name) for name in ("ours", "bare")}
                warm = Uploads(site, 4, 1)
                for name in rivals:
                    warm.turn(name)
                growth = peak_growth(site, rivals["ours"])
                result = play(rivals, rounds)
                spent = {name: cost(result, name, "workers") / 1000 for name in result}
                label = f"{mib} MiB, {server}"
                report.add(
                    Figure(
                        NAME,
                        f"time of ours : bare, {label}",
                        ratio(result, "bare", "ours"),
                        at_most=goal,
                        detail=", ".join(
                            f"{name} {1000 / median(sample.rate for sample in samples):,.0f} ms"
                            for name, samples in result.items()
                        ),
                    ),
                    Figure(
                        NAME,
                        f"processor time of ours : bare, {label}",
                        # A turn of no time took less than a tick of 10 ms.
                        spent["ours"] / max(spent["bare"], 10 / uploads.times),
                        detail=", ".join(f"{name} {ms:,.0f} ms" for name, ms in spent.items()),
                    ),
                    Figure(NAME, f"memory, {label}", growth / MIB, "MiB", at_most=GROWTH / MIB),
                )
                wrong += uploads.wrong
        report.add(
            Check(NAME, f"every byte is stored, {server}", not wrong, "; ".join(wrong[:3])),
        )


def peak_growth(site: LiveSite, upload: Callable[[], Sample]) -> int:
    """Return by how many bytes the worker grew at most during an upload (Linux)."""
    before = site.memory()
    for pid in site.pids():
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
    upload()
    return site.memory("VmHWM") - before
