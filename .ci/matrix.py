"""Runs `dev.py test`, then the environments of tox.ini, and ends with a table of all of them.

Each has a time limit of its own and all together have one: what hangs costs no other result.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dev import pinned  # noqa: E402 - a module of ROOT
from pins import find_python  # noqa: E402

WHEELS = ROOT / ".tox" / "dist"
DEV = (sys.executable, str(ROOT / "dev.py"))
ENVIRONMENT_PYTHON = str(ROOT / ".venv" / "bin" / "python")

# Seconds. The longest step, walks, takes 9 minutes on two cores.
TOTAL = 45 * 60
LIMIT = 15 * 60

# Each keeps one core busy, and what its tests start needs another. On two cores there is no time
# for one at a time.
AT_ONCE = min(max((os.cpu_count() or 1) - 1, 2), 4)
# Tests under load, and measurements, have the machine for themselves.
ALONE = ("load",)
# The longest first, so that all lanes end at about the same time.
LONGEST = ("walks", "sweep", "hosts", "web", "wheel", "lowest", "py3", "migrations", "nginx", "s3")

# Environments that `python3 dev.py tox run -e ...` runs, and why .ci/run does not.
NO_TIME = "left to be run by hand: there is no time"
BY_HAND = {
    "py312-django60-sqlite": NO_TIME,
    "py313-django61-sqlite": NO_TIME,
    "py313-django61-mariadb": NO_TIME,
    "migrations-mariadb": NO_TIME,
    "migrations-postgresql": NO_TIME,
    "mutations": NO_TIME,
    "two-servers": NO_TIME,
    "uploads": "left to be run by hand: npm installs what it tests against",
    "latest": "left to be run by hand: without pins, its result depends on the day",
}
VERSIONS = (
    "import django as d, sys; print('py%d%d-django%d%d' % (*sys.version_info[:2], *d.VERSION[:2]))"
)
CLOSING = re.compile(r"^=+ (.*\b(?:passed|failed|errors?|deselected|no tests)\b.*) =+$", re.M)
FAILED = re.compile(r"^(?:FAILED|ERROR) .*", re.M)
FACTOR = re.compile(r"^py(\d)(\d+)-")


@dataclass
class Result:
    """The outcome of a step, the last line of pytest, and the tests that failed."""

    name: str
    status: str
    seconds: float = 0.0
    closing: str = ""
    failed: tuple[str, ...] = ()


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


def output_of(*command: str, env: Mapping[str, str] | None = None) -> str:
    return subprocess.run(
        command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def end(process: subprocess.Popen[str]) -> None:
    """End the process and its children: in order, so that they clean up, or else at once."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(30)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


class Matrix:
    """All steps of one run.

    Args:
        total: seconds that they have together; what would begin later fails.
    """

    def __init__(self, total: float = TOTAL) -> None:
        self.deadline = time.monotonic() + total
        self.results: list[Result] = []
        self.not_run: dict[str, str] = {}
        self.running: set[subprocess.Popen[str]] = set()

    def stop(self, number: int, frame: object) -> None:
        """End what runs and begin nothing more."""
        self.deadline = 0
        for process in list(self.running):
            end(process)
        sys.exit(128 + number)

    def step(self, name: str, *command: str, live: bool = False) -> Result:
        """Run a command; show all that it writes (`live`), or the end of it where it failed."""
        started = time.monotonic()
        limit = min(LIMIT, self.deadline - started)
        if limit <= 0:
            return self.add(Result(name, "not run: the time was up"))
        # A session of its own, so that whatever it started can be ended with it.
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self.running.add(process)
        lines: list[str] = []
        # Not here: what outlives the process may hold the pipe open.
        reader = threading.Thread(target=self.read, args=(process, lines, live), daemon=True)
        reader.start()
        try:
            code = process.wait(limit)
            status = f"failed ({code})" if code else "ok"
        except subprocess.TimeoutExpired:
            end(process)
            status = f"ended after {limit:.0f} s"
        reader.join(10)
        self.running.discard(process)
        if status != "ok" and not live:
            print("".join(f"{name} | {line}" for line in lines[-300:]), flush=True)
        output, seconds = "".join(lines), time.monotonic() - started
        closing, failed = "; ".join(CLOSING.findall(output)), FAILED.findall(output)
        return self.add(Result(name, status, seconds, closing, tuple(failed)))

    @staticmethod
    def read(process: subprocess.Popen[str], lines: list[str], live: bool) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                lines.append(line)
                if live:
                    print(line, end="", flush=True)

    def add(self, result: Result) -> Result:
        self.results.append(result)
        say(f"{result.name}: {result.status} ({result.seconds:.0f} s) {result.closing}".rstrip())
        return result

    def tox(self, names: Iterable[str], *options: str, at_once: int = 1) -> None:
        """Run environments of tox, so many at once, each in a process of its own."""
        with ThreadPoolExecutor(at_once) as pool:
            steps = [
                pool.submit(self.step, name, *DEV, "tox", "run", "-e", name, *options)
                for name in names
            ]
        for step in steps:
            step.result()

    def summary(self) -> str:
        width = max(len(name) for name in [*self.not_run, *(r.name for r in self.results)])
        lines = [
            f"{r.name:<{width}}  {r.seconds:5.0f} s  {r.status}  {r.closing}" for r in self.results
        ]
        lines += [f"{name:<{width}}  not run: {why}" for name, why in self.not_run.items()]
        lines += [f"{r.name}: {line[:300]}" for r in self.results for line in r.failed[:30]]
        return "\n".join(line.rstrip() for line in lines)


def place(name: str) -> int:
    return next((n for n, part in enumerate(LONGEST) if name.startswith(part)), len(LONGEST))


def choose(names: Iterable[str], tested: str) -> tuple[list[str], dict[str, str], list[str]]:
    """Return the environments to run, why others are not, and the interpreters that are needed.

    Args:
        names: all environments.
        tested: the one whose tests `dev.py test` ran, on SQLite and PostgreSQL.
    """
    chosen, not_run, pythons = [], {}, {}
    for name in sorted(names, key=place):
        if name in (f"{tested}-sqlite", f"{tested}-postgresql"):
            not_run[name] = "`dev.py test` is it"
        elif name in BY_HAND:
            not_run[name] = BY_HAND[name]
        elif factor := FACTOR.match(name):
            version = f"{factor[1]}.{factor[2]}"
            if version not in pythons:
                pythons[version] = find_python(version)
            if pythons[version]:
                chosen.append(name)
            else:
                not_run[name] = f"Python {version} is not on this machine"
        else:
            chosen.append(name)
    return chosen, not_run, [path for path in pythons.values() if path]


def build_wheel() -> Path:
    """Build the package with pinned tools, once: environments at once would use one folder."""
    build = (ENVIRONMENT_PYTHON, "-m", "pip", "wheel", "-q", "--no-deps")
    output_of(*build, f"--wheel-dir={WHEELS}", ".", env=pinned())
    [wheel] = WHEELS.glob("*.whl")
    return wheel


def main() -> int:
    matrix = Matrix()
    signal.signal(signal.SIGTERM, matrix.stop)
    signal.signal(signal.SIGINT, matrix.stop)
    matrix.step("dev.py test", *DEV, "test", live=True)

    # dev.py speaks of what it does before tox answers.
    listed = output_of(*DEV, "tox", "list", "-q", "--no-desc").splitlines()
    names = [line for line in listed if line and not line.startswith("==>")]
    tested = output_of(ENVIRONMENT_PYTHON, "-c", VERSIONS).strip()
    chosen, matrix.not_run, pythons = choose(names, tested)
    options = ["--installpkg", str(build_wheel()), *(["--discover", *pythons] if pythons else [])]
    alone = [name for name in chosen if name.startswith(ALONE)]
    matrix.tox([name for name in chosen if name not in alone], *options, at_once=AT_ONCE)
    matrix.tox(alone, *options)

    say("All steps:")
    print(matrix.summary())
    green = all(result.status == "ok" for result in matrix.results)
    say("All green" if green else "Not green")
    return 0 if green else 1


if __name__ == "__main__":
    sys.exit(main())
