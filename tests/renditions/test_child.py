"""Decoding in a process of its own: what it is given, and what happens when it fails."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from org_files.exceptions import ConfigurationError, NotAPicture, RenditionsBusy
from org_files.renditions import Box, child, decoder, limits, scale
from tests.renditions.pictures import FORMATS, RED, corners, file_of, picture, png, quarters

pytestmark = pytest.mark.usefixtures("only_in_child")

BOXES = [Box(200, 200)]
READY = "import sys; sys.stderr.write('ready\\n'); sys.stderr.flush()\n"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a program of the test's own in the place of the decoder."""

    def set_program(text: str) -> None:
        monkeypatch.setattr(child, "command", lambda job: [sys.executable, "-c", text])

    return set_program


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("kind", FORMATS)
def test_picture__is_decoded(kind: str) -> None:
    content = file_of(quarters(640, 480), kind, **({"progressive": True} if kind == "JPEG" else {}))

    large, small = scale(content, [Box(height=240), Box(height=48)])

    assert Image.open(large.content).size == (320, 240)
    assert Image.open(small.content).size == (64, 48)
    assert corners(Image.open(small.content))[0] == RED


def test_large_result__is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "IN_MEMORY", 5000)
    image = Image.effect_noise((200, 100), 200).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))

    large, small = scale(file_of(image, "PNG"), [Box(), Box(20, 20)])

    with large.content as content:
        assert os.fstat(content.fileno()).st_size > 5000
        assert Image.open(content).size == (200, 100)
    assert isinstance(small.content, io.BytesIO)


def test_decoder_that_crashes__leaves_the_site_whole(
    program: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    program(f"{READY}import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")

    with pytest.raises(NotAPicture):
        scale(picture(kind="PNG"), BOXES)

    assert f"exit code {-signal.SIGSEGV}" in caplog.text


def test_decoder_that_hangs__is_ended(
    program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(limits, "CHILD_SECONDS", 1)
    noted = tmp_path / "pid"
    program(f"{READY}import os, pathlib, time\n"
            f"pathlib.Path({str(noted)!r}).write_text(str(os.getpid()))\n"
            "time.sleep(60)")  # fmt: skip
    began = time.monotonic()

    with pytest.raises(NotAPicture):
        scale(picture(kind="PNG"), BOXES)

    assert time.monotonic() - began < 10
    assert not is_alive(int(noted.read_text()))


def test_decoder_without_enough_memory__fails_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "CHILD_MEMORY", 128 * 1024 * 1024)
    scale(png(1000, 1000, depth=8, colour=6), BOXES)

    with pytest.raises(NotAPicture):
        scale(png(6000, 6000, depth=8, colour=6), BOXES)

    assert "MemoryError" in caplog.text


def confined(statement: str, **bounds: int) -> int:
    """Return the exit code of a process that confines itself before ``statement``."""
    arguments = {"memory": 1 << 30, "cpu_seconds": 30, "seconds": 30} | bounds
    program = (
        "import runpy\n"
        f"decoder = runpy.run_path({decoder.__file__!r})\n"
        f"decoder['confine'](**{arguments!r})\n"
        f"{statement}"
    )
    return subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.DEVNULL, timeout=20
    ).returncode


def test_decoder_that_works_too_long__is_ended_by_the_system() -> None:
    assert confined("while True: pass", cpu_seconds=1) in (-signal.SIGXCPU, -signal.SIGKILL)


def test_decoder_whose_parent_was_killed__ends_by_itself() -> None:
    assert confined("import time; time.sleep(60)", seconds=1) == -signal.SIGALRM


def test_decoder__may_not_take_more_memory() -> None:
    assert confined("bytearray(1 << 29)") == 0
    assert confined("bytearray(1 << 29)", memory=1 << 28) == 1


def test_decoder__may_not_fill_the_disk(tmp_path: Path) -> None:
    write = f"open({str(tmp_path / 'written')!r}, 'wb').truncate(1 << 29)"

    assert confined(write) == 0
    assert confined(write, memory=1 << 28) == 1


def test_decoder__is_ended_before_the_site_when_memory_runs_out() -> None:
    read = (
        "import pathlib; assert pathlib.Path('/proc/self/oom_score_adj').read_text() == '1000\\n'"
    )

    assert confined(read) == 0


def test_decoder__gets_no_secrets(
    program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@db/site")
    program(
        f"{READY}import json, os\n"
        "data = json.dumps(dict(os.environ)).encode()\n"
        "sys.stdout.buffer.write(data)\n"
        "sys.stderr.write(json.dumps([[len(data), 'image/png', 1, 1]]))"
    )

    [made] = scale(picture(kind="PNG"), BOXES)

    environment = json.loads(made.content.read())
    # The last two are Python's own.
    assert environment.keys() <= {*child.VARIABLES, "PYTHONPATH", "LC_CTYPE"}


def test_decoder__has_its_turn_and_no_files_of_the_site(
    program: Callable[[str], None], tmp_path: Path
) -> None:
    program(
        f"{READY}import json, os, pathlib\n"
        "links = [link for link in pathlib.Path('/proc/self/fd').iterdir() if link.exists()]\n"
        "data = json.dumps([os.readlink(link) for link in links]).encode()\n"
        "sys.stdout.buffer.write(data)\n"
        "sys.stderr.write(json.dumps([[len(data), 'image/png', 1, 1]]))"
    )
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)

        [made] = scale(picture(kind="PNG"), BOXES)

    files = json.loads(made.content.read())
    assert str(tmp_path / "open") not in files
    # Should the site be killed, its turn is taken until this ends as well.
    assert len([name for name in files if name.endswith(".lock")]) == 1


def test_decoder__knows_neither_django_nor_this_package() -> None:
    program = (
        "import runpy, sys\n"
        f"runpy.run_path({decoder.__file__!r})\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}\n"
        "             & {'django', 'org_files', 'PIL'}))"
    )

    ran = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)

    assert ran.stdout.strip() == "[]"


def test_decoder_that_says_more_than_it_wrote__is_not_believed(
    program: Callable[[str], None],
) -> None:
    program(f"{READY}sys.stderr.write('[[5, \"image/png\", 1, 1]]')")

    with pytest.raises(NotAPicture):
        scale(picture(kind="PNG"), BOXES)


def test_site_that_ignores_ended_children__sees_failures_all_the_same(
    program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        program(f"{READY}raise SystemExit(1)")
        with pytest.raises(NotAPicture):
            scale(picture(kind="PNG"), BOXES)
        monkeypatch.undo()
        [made] = scale(picture(kind="PNG"), BOXES)
    finally:
        signal.signal(signal.SIGCHLD, before)

    assert Image.open(made.content).size == (64, 48)


def test_decoder_that_cannot_begin__is_the_sites_fault(program: Callable[[str], None]) -> None:
    program("import no_such_module")

    with pytest.raises(ConfigurationError, match="no_such_module"):
        scale(picture(kind="PNG"), BOXES)


def test_decoder_that_is_killed_before_it_begins__is_nobodys_fault(
    program: Callable[[str], None],
) -> None:
    program("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    with pytest.raises(RenditionsBusy):
        scale(picture(kind="PNG"), BOXES)


def test_interpreter_that_is_not_there__is_the_sites_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "command", lambda job: ["/no/such/python"])

    with pytest.raises(ConfigurationError, match="set_executable"):
        scale(picture(kind="PNG"), BOXES)


def test_server_that_names_itself_as_interpreter__is_not_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executable = multiprocessing.spawn.get_executable()
    multiprocessing.set_executable("/usr/bin/uwsgi")
    try:
        [made] = scale(picture(kind="PNG"), BOXES)
    finally:
        multiprocessing.set_executable(os.fsdecode(executable))

    assert Image.open(made.content).size == (64, 48)


def test_turn__is_waited_for_and_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0.1)
    with ExitStack() as held:
        for _ in range(limits.CHILDREN):
            held.enter_context(child._turns.take(5))

        with pytest.raises(RenditionsBusy) as refused:
            scale(picture(kind="PNG"), BOXES)

    assert refused.value.code == "renditions_busy"
    [made] = scale(picture(kind="PNG"), BOXES)
    assert Image.open(made.content).size == (64, 48)


def test_failure__says_why_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    damaged = bytearray(picture(64, 48, "PNG").getvalue())
    damaged[45] ^= 0xFF
    with caplog.at_level(logging.WARNING), pytest.raises(NotAPicture) as refused:
        scale(io.BytesIO(bytes(damaged)), BOXES)

    assert "Traceback" in caplog.text
    assert refused.value.message == NotAPicture().message
