"""Turns among threads and among processes."""

import os
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from org_files.exceptions import RenditionsBusy
from org_files.renditions.turns import Turns

# Takes both turns and holds them until its input ends.
HOLDER = """
import sys, tempfile
from contextlib import ExitStack
from org_files.renditions.turns import Turns
tempfile.tempdir = sys.argv[1]
with ExitStack() as held:
    turns = Turns("turns", 2)
    for _ in range(2):
        held.enter_context(turns.take(5))
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The temporary folder, one without other tests' turns."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def is_free(turns, patience=0.0):
    try:
        with turns.take(patience):
            return True
    except RenditionsBusy:
        return False


def test_as_many_as_there_are__are_taken_at_once(folder):
    turns = Turns("turns", 2)
    with turns.take(0):
        assert is_free(turns)
        with turns.take(0):
            assert not is_free(turns)
        assert is_free(turns)


def test_turn__is_waited_for(folder):
    turns = Turns("turns", 1)
    with turns.take(0):
        began = time.monotonic()
        assert not is_free(turns, 0.1)
        assert time.monotonic() - began >= 0.1
        waited = []
        waiting = threading.Thread(target=lambda: waited.append(is_free(turns, 10)))
        waiting.start()
    waiting.join()

    assert waited == [True]


def test_turn_of_what_failed__is_free_again(folder):
    turns = Turns("turns", 1)
    with pytest.raises(ZeroDivisionError), turns.take(0):
        1 / 0  # noqa: B018

    assert is_free(turns)


def test_turn_of_another_process__counts_until_it_is_killed(folder):
    turns = Turns("turns", 2)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert not is_free(turns, 0.1)

        process.kill()

        assert is_free(turns, 5)


def test_file_of_another_user__leaves_turns_among_threads(folder, caplog):
    elsewhere = folder / "elsewhere"
    (folder / f"turns-{os.getuid()}-0.lock").symlink_to(elsewhere)
    turns = Turns("turns", 1)

    with turns.take(0):
        assert not is_free(turns)

    assert not elsewhere.exists()
    assert "do not take turns" in caplog.text
