"""Bounds of a process that decodes pictures."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from org_files.renditions import child


def confined(statement: str, **bounds: int) -> int:
    """Return the exit code of a process that confines itself before ``statement``."""
    arguments = {"memory": 1 << 30, "cpu_seconds": 30, "seconds": 30} | bounds
    text = (
        f"import runpy\ndecoder = runpy.run_path({str(child.DECODER)!r})\n"
        f"decoder['confine'](**{arguments!r})\n{statement}"
    )
    return subprocess.run(
        [sys.executable, "-c", text], stderr=subprocess.DEVNULL, timeout=20
    ).returncode


def test_confined_process__is_ended_by_the_system() -> None:
    assert confined("while True: pass", cpu_seconds=1) in (-signal.SIGXCPU, -signal.SIGKILL)
    assert confined("import time; time.sleep(60)", seconds=1) == -signal.SIGALRM


def test_confined_process__takes_no_more_memory() -> None:
    assert confined("bytearray(1 << 29)") == 0
    assert confined("bytearray(1 << 29)", memory=1 << 28) == 1


def test_confined_process__does_not_fill_the_disk(tmp_path: Path) -> None:
    write = f"open({str(tmp_path / 'written')!r}, 'wb').truncate(1 << 29)"

    assert confined(write, memory=1 << 28) == 1


def test_confined_process__is_ended_before_the_site_when_memory_runs_out() -> None:
    score = "open('/proc/self/oom_score_adj').read()"

    assert confined(f"assert {score} == '1000\\n'") == 0
