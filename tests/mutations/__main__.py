"""Deliberate faults, each of which a folder of tests must notice.

Each TOML file of this folder has the faults of one area. A fault has a sentence, a replacement of
one piece of source text, and the tests that must fail with it. The command copies the project,
makes one change at a time in the copy, and runs those tests until the first one fails.

    python -m tests.mutations [--workers N] [--json] [--tests PATH] [area[:text] ...]

`area:text` chooses the faults whose sentence has the text. Exit status: 0 where all faults are
noticed, 1 where some are not, 2 where a piece of source is not found exactly once.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What a copy of the project does without.
LEFT_OUT = (".git", ".venv", ".tox", ".demo", "*_cache", "__pycache__", "_build", "*.sqlite3*")
#: Seconds after which tests that do not end count as failed: a fault may make a loop endless.
LIMIT = 900


@dataclass(frozen=True)
class Fault:
    """One deliberate fault."""

    area: str
    #: What goes wrong, in a sentence.
    sentence: str
    #: The file that is changed, relative to the project.
    file: str
    find: str
    replace: str
    #: The folder whose tests must fail, and the file in it that is run first.
    tests: str
    first: str = ""
    #: A value of TEST_DATABASE.
    database: str = "sqlite"
    #: A marker expression for tests that the default run leaves out.
    marker: str = ""


@dataclass(frozen=True)
class Result:
    """The outcome of a fault's tests, and their duration in seconds."""

    fault: Fault
    #: "noticed", "missed", or pytest's exit status where it could not run the tests.
    outcome: str
    seconds: float
    #: The last line of pytest.
    closing: str


def faults():
    """Yield the faults of all areas."""
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["fault"]:
            yield Fault(area=path.stem, **entry)


def is_chosen(fault, choices):
    """Return whether one of the arguments of the command names ``fault``."""
    parts = [choice.partition(":") for choice in choices or [fault.area]]
    return any(area == fault.area and text in fault.sentence for area, _, text in parts)


def changed_text(fault, folder):
    """Return the file's text with the fault in it.

    Raises ``ValueError`` where the piece is not there exactly once.
    """
    text = (folder / fault.file).read_text(encoding="utf-8")
    if text.count(fault.find) != 1:
        raise ValueError(f"found {text.count(fault.find)} times in {fault.file}: {fault.sentence}")
    return text.replace(fault.find, fault.replace)


def run_tests(fault, folder, paths):
    """Run the tests under each of ``paths`` until one fails. The copy is restored afterwards."""
    source = folder / fault.file
    original = source.read_text(encoding="utf-8")
    source.write_text(changed_text(fault, folder), encoding="utf-8")
    began = time.monotonic()
    outcome, closing = "missed", ""
    try:
        for path in filter(None, paths):
            outcome, closing = run_pytest(fault, folder, path)
            if outcome != "missed":
                break
    finally:
        source.write_text(original, encoding="utf-8")
    return Result(fault, outcome, time.monotonic() - began, closing)


def run_pytest(fault, folder, path):
    """Return how the tests under ``path`` ended, and the line of the first failure."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", path]
    if fault.marker:
        command += ["-m", fault.marker]
    env = os.environ | {
        "PYTHONPATH": str(folder / "src"),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE": fault.database,
    }
    # Compiled modules save most of the time of a short run.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        ran = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return "noticed", f"did not end within {LIMIT} s"
    lines = (ran.stdout + ran.stderr).strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    outcome = {0: "missed", 1: "noticed"}.get(ran.returncode, f"pytest: {ran.returncode}")
    return outcome, (failed or lines or [""])[-1][:200]


def main():
    """Run the command."""
    parser = argparse.ArgumentParser("tests.mutations", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("chosen", nargs="*", metavar="area[:text]")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    parser.add_argument("--tests", default="", help="run these tests instead of those of the fault")
    arguments = parser.parse_args()

    chosen = [fault for fault in faults() if is_chosen(fault, arguments.chosen)]
    wrong = 0
    for fault in chosen:
        try:
            changed_text(fault, ROOT)
        except ValueError as error:
            wrong += 1
            print(f"{fault.area}: {error}", file=sys.stderr)
    if wrong or not chosen:
        print(f"{wrong} of {len(chosen)} faults do not fit the source", file=sys.stderr)
        return 2

    results = []
    with tempfile.TemporaryDirectory(prefix="org-files-mutations-") as place:
        folders = queue.Queue()
        for number in range(arguments.workers):
            folder = Path(place) / str(number)
            shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
            folders.put(folder)

        def run(fault):
            folder = folders.get()
            result = run_tests(fault, folder, arguments.tests.split() or [fault.first, fault.tests])
            folders.put(folder)
            results.append(result)
            if not arguments.json:
                done = f"{len(results)}/{len(chosen)}"
                print(f"{done:>7} {result.outcome:<8} {result.seconds:4.0f} s  {fault.area}: "
                      f"{fault.sentence}\n{'':>23}{result.closing}", flush=True)  # fmt: skip

        with ThreadPoolExecutor(arguments.workers) as pool:
            list(pool.map(run, chosen))

    noticed = sum(result.outcome == "noticed" for result in results)
    if arguments.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print(f"{noticed} of {len(results)} faults noticed")
    return 0 if noticed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
