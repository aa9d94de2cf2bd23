"""Children that decode pictures: confined, kept for the next picture, replaced alone."""

import io
import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import ExitStack

import pytest
from PIL import Image

from org_files.exceptions import (
    ConfigurationError,
    DecodingStopped,
    NotAPicture,
    RenditionsBusy,
    StorageUnavailable,
)
from org_files.picture_types import HEAD_SIZE
from org_files.renditions import Box, child, pool, scale
from tests.renditions.bombs import half
from tests.renditions.pictures import file_of, picture, resized_gif

pytestmark = pytest.mark.usefixtures("no_idle_children")

BOXES = [Box(200, 200)]

#: A program in the place of the decoder accepts a job, and then does something else.
ACCEPT = """
import json, os, signal, sys, time
job = json.loads(sys.stdin.buffer.readline())
def say(text):
    sys.stdout.buffer.write(text.encode() + b"\\n")
    sys.stdout.buffer.flush()
say("{}")
sys.stdin.buffer.read(job["size"])
"""
#: It says of every picture that it has one pixel, and makes ``data`` of it.
MAKE = """
say(json.dumps({"width": 1, "height": 1, "is_animated": False}))
sys.stdin.buffer.readline()
say(json.dumps({"size": len(data), "content_type": "image/png"}))
sys.stdout.buffer.write(data)
sys.stdout.buffer.flush()
"""


@pytest.fixture
def program(monkeypatch):
    """Put a program of the test's own in the place of the decoder."""

    def set_program(text):
        monkeypatch.setattr(child, "command", lambda: [sys.executable, "-S", "-c", text])

    return set_program


def hurry(monkeypatch):
    """Give a child all the time to start, and a fifth of a second for the next picture."""
    seconds = iter([30, 0.2])

    def timer(_seconds, stop):
        return threading.Timer(next(seconds, 30), stop)

    monkeypatch.setattr(child, "Timer", timer)


@pytest.fixture
def hurried(monkeypatch):
    hurry(monkeypatch)


def size_made(content, box=BOXES[0]):
    [made] = scale(content, [box])
    with made.content:
        return Image.open(made.content).size


def idle_pids():
    return [idle.process.pid for idle in pool._idle]


def has_ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_child__is_kept_for_the_next_picture():
    size_made(picture())
    [first] = idle_pids()

    for kind in ("PNG", "GIF", "WEBP"):
        assert size_made(picture(kind=kind)) == (64, 48)

    assert idle_pids() == [first]


def test_child_that_ended_while_idle__is_replaced_unnoticed():
    ended, healthy = child.Child(), child.Child()
    pool._idle[:] = [ended, healthy]
    os.kill(ended.process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, ended.process.pid, os.WEXITED | os.WNOWAIT)

    assert size_made(picture()) == (64, 48)
    assert idle_pids() == [healthy.process.pid]
    assert has_ended(ended.process.pid)
    # It may be noticed when the next picture is sent.
    os.kill(healthy.process.pid, signal.SIGKILL)
    assert size_made(picture()) == (64, 48)
    assert idle_pids() != [healthy.process.pid]


def test_idle_child__ends_by_itself(monkeypatch):
    monkeypatch.setattr(pool, "IDLE_SECONDS", 1)
    size_made(picture())

    assert pool._idle[0].process.wait(10) == -signal.SIGALRM


def test_forked_process__has_children_and_turns_of_its_own():
    size_made(picture())
    kept = idle_pids()
    with ExitStack() as held, warnings.catch_warnings():
        for _ in range(2):
            held.enter_context(pool._turns.take(5))
        # Python 3.12 and newer warn of any thread.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if pid == 0:
            try:
                # Once the turns are free that the other process holds.
                size_made(picture())
                is_another = idle_pids() != kept
                pool._end_idle()
                os._exit(0 if is_another else 2)
            finally:
                os._exit(1)

    assert os.waitpid(pid, 0)[1] == 0
    assert size_made(picture()) == (64, 48)
    assert idle_pids() == kept


def test_crash__costs_its_picture_alone(program, caplog):
    size_made(picture())
    healthy = pool._idle.pop()
    program(f"{ACCEPT}os.kill(os.getpid(), signal.SIGSEGV)")

    with pytest.raises(DecodingStopped):
        scale(picture(), BOXES)

    assert f"exit code {-signal.SIGSEGV}" in caplog.text
    pool._idle.append(healthy)
    assert size_made(picture()) == (64, 48)
    assert idle_pids() == [healthy.process.pid]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("hears_of_ends", [True, False])
def test_hanging_child__is_killed_and_costs_its_picture_alone(
    program,
    monkeypatch,
    tmp_path,
    hears_of_ends,
):
    noted = tmp_path / "pid"
    note = f"import os\nopen({str(noted)!r}, 'w').write(str(os.getpid()))\n"
    program(f"{note}{ACCEPT}time.sleep(20)")

    # The exit code is unknown where ended children are ignored.
    before = signal.signal(signal.SIGCHLD, signal.SIG_DFL if hears_of_ends else signal.SIG_IGN)
    try:
        with pytest.raises(DecodingStopped):
            scale(picture(), BOXES)
    finally:
        signal.signal(signal.SIGCHLD, before)

    assert has_ended(int(noted.read_text()))
    monkeypatch.undo()
    assert size_made(picture()) == (64, 48)


@pytest.mark.usefixtures("hurried")
def test_child_that_reads_nothing__is_killed(program):
    program(ACCEPT.replace('sys.stdin.buffer.read(job["size"])', "time.sleep(20)"))

    with pytest.raises(DecodingStopped):
        scale(io.BytesIO(picture().getvalue() + bytes(2 * child.BLOCK_SIZE)), BOXES)


def test_slow_storage__is_not_the_fault_of_the_picture(monkeypatch):
    class Slow(io.BytesIO):
        def read(self, size=-1, /):
            if size != HEAD_SIZE:
                time.sleep(0.6)
            return super().read(size)

    size_made(picture())
    monkeypatch.setattr(pool, "CHILD_SECONDS", 1)
    hurry(monkeypatch)

    with pytest.raises(StorageUnavailable):
        scale(Slow(picture().getvalue()), BOXES)


def test_child_that_starts_late__is_the_machine_that_is_busy(program, monkeypatch):
    monkeypatch.setattr(pool, "CHILD_SECONDS", 0.5)
    program(f"import time\ntime.sleep(0.4)\n{ACCEPT}")

    with pytest.raises(RenditionsBusy):
        scale(picture(), BOXES)


def test_machine_without_threads__is_busy(monkeypatch):
    class NoTimer(threading.Timer):
        def start(self):
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(child, "Timer", NoTimer)

    with pytest.raises(RenditionsBusy):
        scale(picture(), BOXES)

    assert idle_pids() == []


def test_decoding_child__ends_soon_after_its_site():
    decoder = (
        f"import sys, time; sys.path.insert(0, {str(child.DECODER.parent)!r}); import decoder\n"
        "def serve(jobs, results):\n    decoder._say(results)\n    time.sleep(20)\n"
        "decoder.serve = serve; decoder.main()"
    )
    site = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {decoder!r}])"
    with subprocess.Popen([sys.executable, "-c", site], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"{}\n"
        process.kill()

        # The child has the other end of this pipe.
        assert process.communicate(timeout=10)[0] == b""


def test_output_before_the_first_answer__is_skipped(program):
    program(f"print('warning: {{}}', flush=True)\n{ACCEPT}data = b'made'\n{MAKE}")

    [made] = scale(picture(), BOXES)

    assert made.content.read() == b"made"


def test_child_that_closes_its_output_and_stays__is_killed(program, monkeypatch):
    def wait(self, timeout=None, wait=subprocess.Popen.wait):
        return wait(self, timeout and timeout / 10)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    program(f"{ACCEPT}os.close(1)\nos.close(2)\ntime.sleep(20)")

    with pytest.raises(DecodingStopped):
        scale(picture(), BOXES)


def test_picture_that_fails__costs_its_child(caplog):
    size_made(picture())
    [first] = idle_pids()

    with caplog.at_level(logging.WARNING), pytest.raises(NotAPicture) as refused:
        scale(half(picture(640, 480)), BOXES)

    assert "Traceback" in caplog.text
    assert refused.value.message == NotAPicture().message
    assert idle_pids() == []
    assert has_ended(first)


def test_child_without_enough_memory__fails_alone(monkeypatch, caplog):
    monkeypatch.setattr(pool, "CHILD_MEMORY", 192 * 1024 * 1024)
    size_made(picture(1000, 1000, "GIF"))

    with pytest.raises(NotAPicture):
        scale(resized_gif(6300, 6300), BOXES)

    assert "MemoryError" in caplog.text


def test_child__gets_no_secrets_and_no_files(program, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@db/site")
    program(
        f"{ACCEPT}from pathlib import Path\n"
        "links = [link for link in Path('/proc/self/fd').iterdir() if link.exists()]\n"
        "data = json.dumps([dict(os.environ), [os.readlink(link) for link in links]]).encode()"
        f"{MAKE}"
    )
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        [made] = scale(picture(), BOXES)

    variables, files = json.loads(made.content.read())
    # The last two are Python's own.
    assert variables.keys() <= {*child.VARIABLES, "MALLOC_ARENA_MAX", "PYTHONPATH", "LC_CTYPE"}
    assert str(tmp_path / "open") not in files


def test_child_that_sends_less_than_it_says__is_not_believed(
    program,
):
    program(f"{ACCEPT}data = b''\n{MAKE.replace('len(data)', '5')}")

    with pytest.raises(NotAPicture):
        scale(picture(), BOXES)


@pytest.mark.parametrize(
    ("command", "error", "message"),
    [
        ([sys.executable, "-c", "import no_such_module"], ConfigurationError, "no_such_module"),
        (["/no/such/python"], ConfigurationError, "set_executable"),
        # Killed before it has seen a picture.
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], RenditionsBusy, None),
    ],
)
def test_child_that_cannot_begin__is_a_fault_of_the_site_or_the_machine(
    monkeypatch,
    command,
    error,
    message,
):
    monkeypatch.setattr(child, "command", lambda: command)

    with pytest.raises(error, match=message):
        scale(picture(), BOXES)


def test_server_that_names_itself_as_interpreter__is_not_started():
    executable = multiprocessing.spawn.get_executable()
    multiprocessing.set_executable("/usr/bin/uwsgi")
    try:
        assert size_made(picture()) == (64, 48)
    finally:
        multiprocessing.set_executable(os.fsdecode(executable))


def test_turn__is_waited_for_and_then_refused(monkeypatch):
    monkeypatch.setattr(pool, "PATIENCE", 0.1)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(pool._turns.take(5))

        with pytest.raises(RenditionsBusy):
            scale(picture(), BOXES)

    assert size_made(picture()) == (64, 48)


def test_large_result__is_not_held_in_memory(monkeypatch):
    monkeypatch.setattr(child, "IN_MEMORY", 5000)

    [large] = scale(file_of(Image.effect_noise((200, 100), 200), "PNG"), [Box()])

    with large.content as made:
        assert os.fstat(made.fileno()).st_size > 5000
        assert Image.open(made).size == (200, 100)
