"""The command line; see __main__.py."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path

# Run as a script, Python puts this folder first, whose modules have names of their own.
ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT), str(ROOT / "example_project")]

from benchmarks import plot  # noqa: E402
from benchmarks.environment import describe, prepared  # noqa: E402
from benchmarks.report import Report  # noqa: E402
from tests.servers.process import ServerMissing  # noqa: E402

MODULES = {
    "negative-control": "benchmarks.negative_control",
    "database": "benchmarks.database",
    "download": "benchmarks.download",
    "delivery": "benchmarks.delivery",
    "connections": "benchmarks.connections",
    "lists": "benchmarks.lists",
    "search": "benchmarks.search",
    "growth": "benchmarks.growth",
    "upload": "benchmarks.upload",
    "uploads": "benchmarks.uploads",
    "renditions": "benchmarks.renditions",
}


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for, print it, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure what counting costs, and pictures.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--quick", action="store_true", help="seconds; its ratios mean little")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--strict", action="store_true", help="exit with 1 for a missed goal too")
    parser.add_argument(
        "--plot", type=Path, metavar="FOLDER", help="write charts and a page of results there"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - MODULES.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    names = [name for name in MODULES if not options.names or name in options.names]
    try:
        report = run(names, quick=options.quick, folder=options.plot)
    except ServerMissing as missing:
        parser.exit(2, f"{missing}\n")
    print(json.dumps(report.as_json(), indent=2) if options.json else report.as_text())
    return report.exit_code(strict=options.strict)


def run(names: list[str], *, quick: bool, folder: Path | None = None) -> Report:
    """Run the benchmarks of these names, one after the other, in one private database.

    What one found is written to ``folder`` before the next one begins.
    """
    report = Report()
    with prepared() as environment:
        report.environment = {**describe(), "mode": "quick" if quick else "full"}
        for name in names:
            began = time.monotonic()
            print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
            import_module(MODULES[name]).run(report, environment, quick=quick)
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
            if folder is not None:
                plot.write(folder, report.as_json())
    return report


if __name__ == "__main__":
    sys.exit(main())
