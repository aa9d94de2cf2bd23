"""Load over HTTP, by wrk where it is installed, else by a small client of our own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from benchmarks.environment import ROOT
from benchmarks.rounds import Sample

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


class BadAnswers(Exception):
    """Not every answer was 200; such a rate means nothing."""


def generator() -> str:
    """Return the name of what makes the load."""
    return "wrk" if shutil.which("wrk") else "benchmarks.client"


def load(
    url: str, *, clients: int, seconds: float, headers: Mapping[str, str], follow: bool = False
) -> Sample:
    """Ask for ``url`` over so many kept connections at once. Raises ``BadAnswers``.

    With ``follow`` by the client that follows redirects.
    """
    lines = [f"{name}: {value}" for name, value in headers.items()]
    ask = _wrk if generator() == "wrk" and not follow else _own
    return ask(url, clients, seconds, lines)


def _own(url: str, clients: int, seconds: float, headers: Sequence[str]) -> Sample:
    options = ["--clients", str(clients), "--seconds", str(seconds)]
    options += [option for line in headers for option in ("--header", line)]
    command = [sys.executable, "-m", "benchmarks.client", url, *options]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    result = json.loads(ran.stdout)
    if result["errors"] or not result["done"]:
        raise BadAnswers(f"{url}: {ran.stdout.strip()}")
    return Sample(result["done"], result["seconds"], result["p99"])


def _wrk(url: str, clients: int, seconds: float, headers: Sequence[str]) -> Sample:
    # wrk knows whole seconds only.
    options = [
        "-t1",
        f"-c{clients}",
        f"-d{max(1, round(seconds))}s",
        "--latency",
        "--timeout",
        "30s",
    ]
    options += [option for line in headers for option in ("-H", line)]
    ran = subprocess.run(["wrk", *options, url], capture_output=True, text=True, check=True)
    done = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", ran.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", ran.stdout)
    bad = "Non-2xx" in ran.stdout or "Socket errors" in ran.stdout
    if bad or not done or not p99 or done[1] == "0":
        raise BadAnswers(f"{url}:\n{ran.stdout}")
    return Sample(
        int(done[1]), float(done[2]) * UNITS[done[3]] / 1000, float(p99[1]) * UNITS[p99[2]]
    )
