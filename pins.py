"""Pinned versions: resolved by pip for each Python of tox.ini, written to constraints.txt."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
FILE = ROOT / "constraints.txt"
PRE_COMMIT = ROOT / ".pre-commit-config.yaml"

HEADER = """\
# The versions that dev.py, tox and the example site install.
# Written by `python3 dev.py pin`, from pyproject.toml and tox.ini. Do not edit.
"""
# Build requirements of packages that are released as source alone: mysqlclient, pyvips.
FOR_BUILDS = ("pkgconfig", "setuptools")
# Required on Windows, or on Python 3.11.0 to 3.11.2. pip leaves them out elsewhere.
ELSEWHERE = ("async-timeout", "colorama", "tzdata")
# pip reads their requirements from a build, which needs a compiler. They require nothing.
COMPILED = ("mysqlclient",)

PAIR = re.compile(r"^ *py(\d)(\d+)-django(\d)(\d)", re.M)
NAME = re.compile(r"[A-Za-z0-9._-]+")
IS_WHOLE = "import ensurepip, sqlite3, ssl, sys; print('%d%d' % sys.version_info[:2])"


class Unresolved(Exception):
    """No complete set of versions: an interpreter is missing, or pip failed."""


def canonical(name: str) -> str:
    """Return the name of a package as constraints.txt has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """Return the canonical name of the package that a requirement asks for."""
    found = NAME.match(requirement)
    if not found:
        raise ValueError(f"{requirement!r} does not begin with the name of a package.")
    return canonical(found[0])


def pairs() -> dict[str, str]:
    """Return the line of Django that tox.ini tests with each Python: {"3.11": "5.2", ...}."""
    found = PAIR.findall((ROOT / "tox.ini").read_text(encoding="utf-8"))
    together = {(f"{python}.{minor}", f"{django}.{line}") for python, minor, django, line in found}
    lines = dict(sorted(together, key=lambda pair: version_key(pair[0])))
    if len(lines) != len(together):
        raise Unresolved("tox.ini tests a Python with two lines of Django: one can be pinned.")
    return lines


def version_key(version: str) -> tuple[int, ...]:
    """Return a key that sorts "3.9" before "3.10"."""
    return tuple(map(int, version.split(".")))


def requirements() -> list[str]:
    """Return all that pyproject.toml names: dependencies, extras, groups and the build system."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)
    project = settings["project"]
    parts = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *settings["dependency-groups"].values(),
        settings["build-system"]["requires"],
    ]
    lines = {line for part in parts for line in part}
    return sorted(line for line in lines if name_of(line) != project["name"])


def is_whole(python: str, version: str) -> bool:
    """Return whether this is a Python of that version: a shim may stand for a missing one."""
    try:
        ran = subprocess.run([python, "-c", IS_WHOLE], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.stdout.strip() == version.replace(".", "")


def find_python(version: str) -> str | None:
    """Return the path of Python `version`, such as "3.12": on PATH, or among those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    built = sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
    candidates = [sys.executable, shutil.which(f"python{version}"), *map(str, built)]
    return next((path for path in candidates if path and is_whole(path, version)), None)


def renew(pip: Iterable[str]) -> None:
    """Resolve the newest versions that work together and write them to constraints.txt.

    Args:
        pip: the command that runs pip, of version 22.3 or newer.

    Raises:
        Unresolved: a Python of tox.ini is missing, or pip found no set of versions.
    """
    lines = pairs()
    pythons = {version: find_python(version) for version in lines}
    if missing := [version for version, path in pythons.items() if not path]:
        raise Unresolved(
            f"Python {', '.join(missing)} is not on this machine. "
            f"The versions are pinned for Python {', '.join(lines)}."
        )
    with ThreadPoolExecutor() as pool:
        found = pool.map(
            lambda version: resolve([*pip, "--python", str(pythons[version])], lines[version]),
            lines,
        )
        resolved = dict(zip(lines, found, strict=True))
    FILE.write_text(HEADER + "\n".join(merge(resolved)) + "\n", encoding="utf-8")
    ruff = resolved[max(lines, key=version_key)]["ruff"]
    hooks = PRE_COMMIT.read_text(encoding="utf-8")
    PRE_COMMIT.write_text(re.sub(r'"ruff[^"]*"', f'"ruff=={ruff}"', hooks), encoding="utf-8")


def resolve(pip: list[str], django: str) -> dict[str, str]:
    """Return the version of each package, for the interpreter of `pip` and a line of Django."""
    wanted = [line for line in requirements() if name_of(line) not in COMPILED]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--dry-run", "--ignore-installed", "--quiet", "--report", str(report)]
        wanted += [*FOR_BUILDS, *ELSEWHERE, f"Django=={django}.*"]
        output_of(*pip, "install", *options, *wanted)
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    versions = {
        # Without the label of a local build, which an index does not have.
        canonical(item["metadata"]["name"]): item["metadata"]["version"].partition("+")[0]
        for item in installed
    }
    for name in COMPILED:
        # The first line of the answer is "name (version)".
        answer = output_of(*pip, "index", "versions", name)
        versions[name] = answer.partition("(")[2].partition(")")[0]
    return versions


def output_of(*command: str) -> str:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if ran.returncode:
        raise Unresolved(f"pip found no versions. It said:\n{ran.stderr.strip()}")
    return ran.stdout


def merge(resolved: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the lines of constraints.txt: one for each version, with a marker where they differ.

    The oldest Python's versions are those of older ones, too, and the newest's of newer ones.

    Args:
        resolved: the version of each package, by Python in ascending order.
    """
    lines = []
    for name in sorted({name for versions in resolved.values() for name in versions}):
        # The first Python of each version.
        since: dict[str, str] = {}
        for python, versions in resolved.items():
            if name in versions and versions[name] != next(reversed(since.values()), None):
                since[python] = versions[name]
        starts = list(since)
        for number, (python, version) in enumerate(since.items()):
            marker = [f'python_version >= "{python}"'] if number else []
            marker += [f'python_version < "{after}"' for after in starts[number + 1 : number + 2]]
            pin = f"{name}=={version}"
            lines.append(f"{pin}; {' and '.join(marker)}" if marker else pin)
    return lines
