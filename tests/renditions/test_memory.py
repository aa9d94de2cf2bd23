"""A web worker grows by less than 64 MiB, whatever it is sent: measured in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.renditions.bombs import BOMBS
from tests.renditions.pictures import picture

MOST = 64


def photographs() -> dict[str, io.BytesIO]:
    """Return what costs a worker most: libjpeg cannot scale the second down as far as the first."""
    return {"24 megapixels": picture(6000, 4000), "6 megapixels": picture(2990, 1990)}


def bombs() -> dict[str, io.BytesIO]:
    return {name: make() for name, (make, _) in BOMBS.items()}


def run(*arguments: object) -> str:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    ).stdout


def grown(
    folder: Path, contents: dict[str, io.BytesIO], *, threads: int = 1
) -> tuple[float, list[tuple[str, str]]]:
    """Return by how many MiB a process grew, and what became of each picture."""
    files = []
    for name, content in ({"the first": picture()} | contents).items():
        files.append(folder / name)
        files[-1].write_bytes(content.getvalue())
    measured = json.loads(run("-m", "tests.renditions.growth", threads, *files))
    return measured["growth"], [(name, outcome) for name, outcome in measured["outcomes"]]


def test_measure__sees_what_is_freed_again() -> None:
    program = (
        "from tests.renditions.growth import resident\n"
        "idle = resident('VmRSS')\n"
        "bytearray(b'x') * (80 << 20)\n"
        "print(resident('VmHWM') - idle > 70 << 20)"
    )

    assert run("-c", program).strip() == "True"


def test_bombs_one_after_the_other__cost_the_worker_little(tmp_path: Path) -> None:
    growth, outcomes = grown(tmp_path, bombs())

    assert growth < MOST
    assert dict(outcomes) == {
        name: "made" if refusal is None else refusal.code for name, (_, refusal) in BOMBS.items()
    }


def test_photographs_in_many_threads__cost_the_worker_little(tmp_path: Path) -> None:
    growth, outcomes = grown(tmp_path, photographs(), threads=12)

    assert growth < MOST
    assert {outcome for _, outcome in outcomes} == {"made"}


@pytest.mark.load
def test_bombs_in_many_threads__cost_the_worker_little(tmp_path: Path) -> None:
    growth, outcomes = grown(tmp_path, bombs() | photographs(), threads=16)

    assert growth < MOST
    assert len(outcomes) == 16 * (len(BOMBS) + 2)
