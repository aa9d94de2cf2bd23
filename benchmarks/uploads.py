"""One file by a form, by tus in one request and in parts, against @tus/server and a bare copy."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.environment import Environment
from benchmarks.report import Check, Figure, Report
from benchmarks.rounds import Sample, play, ratio
from benchmarks.seed import access_token, make_hot
from benchmarks.upload import BOUNDARY, HEAD, MIB, TAIL
from benchmarks.wsgi import BARE
from org_files import get_file_model
from org_files.files import purge_file
from tests.servers.process import free_port
from tests.servers.site import LiveSite, status_of

NAME = "uploads"
SIZE, QUICK_SIZE = 1024, 16  # MiB
PART = 8  # MiB
#: Times of tus in parts against the form, with one worker.
GOAL = 1.25
#: Memory above that of an idle worker, in MiB.
GROWTH = 32
VERSION = {"Tus-Resumable": "1.0.0"}
BODY = {"Content-Type": "application/offset+octet-stream"}


class Sender:
    """Sends the same blocks of one MiB, in each way."""

    def __init__(self, site: LiveSite, tus_port: int | None, mib: int) -> None:
        self.site, self.tus_port = site, tus_port
        self.blocks = [secrets.token_bytes(MIB)] * mib
        digest = sha256()
        for block in self.blocks:
            digest.update(block)
        self.digest = digest.hexdigest()
        self.hot = make_hot()
        self.wrong: list[str] = []

    def turn(self, way: Callable[[], str | None]) -> Sample:
        """Return how long one way took. It returns the digest of what was stored, if it knows."""
        began = time.perf_counter()
        stored = way()
        seconds = time.perf_counter() - began
        if stored not in (None, self.digest):
            self.wrong.append(str(stored)[:100])
        for file in get_file_model()._base_manager.filter(organization=self.hot.file.organization):
            if file.pk != self.hot.file.pk:
                purge_file(file=file)
        return Sample(1, seconds, seconds * 1000)

    def form(self) -> str:
        """Send a form."""
        blocks = [HEAD, *self.blocks, TAIL]
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        with self.connection() as connection:
            _headers, body = self.ask(connection, "POST", "/api/files/", kind, blocks)
        return str(json.loads(body).get("sha256", body))

    def bare(self) -> str:
        """Send the bytes to an application that reads, hashes and writes them."""
        with self.connection() as connection:
            return self.ask(connection, "POST", BARE, {}, self.blocks)[1].decode()

    def tus(self, part: int) -> str:
        """Send parts of so many MiB to the site."""
        with self.connection() as connection:
            headers = self._send(connection, "/api/uploads/", part)
            path = headers["Org-Files-Location"].split("/", 3)[3]
            body = self.ask(connection, "GET", f"/{path}", {}, [])[1]
        return str(json.loads(body)["sha256"])

    def tus_server(self, part: int) -> None:
        """Send parts to @tus/server, which makes no digest."""
        with self.connection(self.tus_port) as connection:
            self._send(connection, "/uploads", part)

    def connection(self, port: int | None = None) -> closing[http.client.HTTPConnection]:
        """Return a connection that the caller closes."""
        return closing(http.client.HTTPConnection("127.0.0.1", port or self.site.port))

    def _send(
        self, connection: http.client.HTTPConnection, path: str, part: int
    ) -> http.client.HTTPMessage:
        name = {"Upload-Metadata": f"filename {b64encode(b'large.bin').decode()}"}
        length = {"Upload-Length": str(len(self.blocks) * MIB)}
        headers, _body = self.ask(connection, "POST", path, VERSION | name | length, [])
        session = "/" + headers["Location"].removeprefix("//").split("//")[-1].split("/", 1)[1]
        for start in range(0, len(self.blocks), part):
            sent = VERSION | BODY | {"Upload-Offset": str(start * MIB)}
            headers, _body = self.ask(
                connection, "PATCH", session, sent, self.blocks[start : start + part]
            )
        return headers

    def ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str],
        blocks: list[bytes],
    ) -> tuple[http.client.HTTPMessage, bytes]:
        """Send a request and return headers and body of its answer, which is no error."""
        length = {"Content-Length": str(sum(map(len, blocks)))}
        own = access_token(self.hot.user)
        connection.request(method, path, iter(blocks), headers | length | own)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 201, 204):
            self.wrong.append(f"{method} {path}: {answer.status} {body[:100]!r}")
        return answer.headers, body


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure one large file by each way, with one worker and with several."""
    mib, rounds = (QUICK_SIZE, 1) if quick else (SIZE, 5)
    wrong: list[str] = []
    for workers in (1,) if quick else (1, 4):
        application = "benchmarks.wsgi:application"
        with (
            LiveSite(environment.variables, application=application, workers=workers) as site,
            tus_server() as peer,
        ):
            sender = Sender(site, peer[1] if peer else None, mib)
            ways: dict[str, Callable[[], str | None]] = {
                "form": sender.form,
                "one PATCH": partial(sender.tus, mib),
                "parts": partial(sender.tus, PART),
                "bare": sender.bare,
            }
            if peer:
                ways["@tus/server, one PATCH"] = partial(sender.tus_server, mib)
                ways["@tus/server, parts"] = partial(sender.tus_server, PART)
            rivals = {name: partial(sender.turn, way) for name, way in ways.items()}
            for turn in rivals.values():
                turn()
            label = f"{mib} MiB, workers: {workers}"
            growth = {
                name: peak_growth([peer[0]] if "tus/" in name and peer else site.pids(), turn)
                for name, turn in rivals.items()
            }
            result = play(rivals, rounds)
            times = ", ".join(
                f"{name} {1000 / median(sample.rate for sample in samples):,.0f} ms"
                for name, samples in result.items()
            )
            goal = GOAL if workers == 1 else 1.8
            for ours, other in (
                *(("parts", "form"), ("one PATCH", "form"), ("one PATCH", "bare")),
                *(("parts", name) for name in ways if name.endswith("/server, parts")),
                *(("one PATCH", name) for name in ways if name.endswith("/server, one PATCH")),
            ):
                is_goal = (ours, other) == ("parts", "form") and not quick
                report.add(
                    Figure(
                        NAME,
                        f"time of {ours} : {other}, {label}",
                        ratio(result, other, ours),
                        at_most=goal if is_goal else None,
                        detail=times,
                    )
                )
            for name, grown in growth.items():
                limit = GROWTH if name in ("one PATCH", "parts") else None
                report.add(
                    Figure(NAME, f"memory of {name}, {label}", grown / MIB, "MiB", at_most=limit)
                )
            wrong += sender.wrong
    report.add(Check(NAME, "every byte is stored", not wrong, "; ".join(wrong[:3])))


def peak_growth(pids: list[int], turn: Callable[[], Sample]) -> int:
    """Return by how many bytes these processes grew at most together (Linux)."""

    def memory(field: str) -> int:
        return sum(int(status_of(pid)[field].split()[0]) * 1024 for pid in pids)

    before = memory("VmRSS")
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
    turn()
    return memory("VmHWM") - before


@contextmanager
def tus_server() -> Iterator[tuple[int, int] | None]:
    """Yield process and port of @tus/server, or ``None`` where NODE_PATH does not have it."""
    found = any(
        Path(folder, "@tus/server").exists()
        for folder in os.environ.get("NODE_PATH", "").split(":")
    )
    if not (found and shutil.which("node")):
        yield None
        return
    port = free_port()
    script = Path(__file__).with_name("uploads.js")
    with TemporaryDirectory() as folder:
        process = subprocess.Popen(["node", str(script), str(port), folder])
        try:
            for _ in range(100):
                with (
                    suppress(OSError),
                    closing(http.client.HTTPConnection("127.0.0.1", port)) as it,
                ):
                    it.request("OPTIONS", "/uploads")
                    it.getresponse().read()
                    break
                time.sleep(0.1)
            yield process.pid, port
        finally:
            process.terminate()
            process.wait()
