"""Child processes that decode pictures, confined and kept for the next picture."""

from __future__ import annotations

import atexit
import errno
import io
import json
import logging
import multiprocessing.spawn
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any, cast

from org_files.exceptions import (
    ConfigurationError,
    DecodingStopped,
    NotAPicture,
    PictureTooLarge,
    RenditionsBusy,
    StorageFull,
    StorageUnavailable,
)
from org_files.picture_types import PictureType
from org_files.renditions import limits
from org_files.renditions.pictures import PictureInfo, ScaledPicture
from org_files.renditions.turns import Turns

__all__ = ["decode"]

if sys.platform == "linux":
    import fcntl

logger = logging.getLogger("org_files.renditions")

DECODER = Path(__file__).with_name("decoder.py")
#: As a module it is compiled once. Imports are faster without garbage collection.
PROGRAM = (
    f"import gc, sys; gc.disable(); sys.path.insert(0, {str(DECODER.parent)!r}); import decoder; "
    "del sys.path[0]; gc.enable(); decoder.main()"
)
#: Bytes that are copied at once, and that a pipe holds on Linux.
BLOCK_SIZE = 1024 * 1024
#: Bytes of a result up to which it is held in memory.
IN_MEMORY = 256 * 1024
#: Bytes of an answer: the longest is a traceback.
LONGEST_LINE = 256 * 1024

#: Variables that the interpreter itself may need. No other goes along: some are secrets.
VARIABLES = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT")

_turns = Turns("org-files-pictures", limits.CHILDREN)
_idle: list[Child] = []


class Ended(Exception):
    """The child has ended. The message is its last output."""


class Child:
    """A process of ``decoder.py``."""

    def __init__(self) -> None:
        self.process = _start()
        self.input = cast("IO[bytes]", self.process.stdin)
        self.output = cast("IO[bytes]", self.process.stdout)
        self.is_late = False
        if sys.platform == "linux":
            # Fewer turns between the two processes. It fails where the user has many large pipes.
            with suppress(OSError):
                fcntl.fcntl(self.input, fcntl.F_SETPIPE_SZ, BLOCK_SIZE)

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Kill the process unless the block ends in time."""
        timer = Timer(limits.CHILD_SECONDS, self._stop)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _stop(self) -> None:
        self.is_late = True
        self.process.kill()

    def send(self, said: Any) -> None:
        """Write a line of JSON."""
        self.write(json.dumps(said).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Write ``data`` at once."""
        try:
            self.input.write(data)
            self.input.flush()
        except OSError as error:
            raise Ended from error

    def receive(self) -> dict[str, Any]:
        """Return the next answer. Raises ``NotAPicture`` or ``PictureTooLarge`` for an error."""
        line = self.output.readline(LONGEST_LINE)
        if not line.endswith(b"}\n"):
            raise Ended((line + self.output.read(LONGEST_LINE)).decode(errors="replace").strip())
        said: dict[str, Any] = json.loads(line)
        if said.get("error") == "large":
            raise PictureTooLarge
        if "error" in said:
            logger.warning("A picture was not decoded. %s", said["error"])
            raise NotAPicture
        return said

    def receive_picture(self, size: tuple[int, int]) -> ScaledPicture:
        """Return the next result."""
        said = self.receive()
        left = said["size"]
        with ExitStack() as opened, disk_errors():
            content: IO[bytes] = io.BytesIO()
            if left > IN_MEMORY:
                content = tempfile.TemporaryFile()  # noqa: SIM115
            opened.enter_context(content)
            while left:
                block = self.output.read(min(left, BLOCK_SIZE))
                if not block:
                    raise Ended
                content.write(block)
                left -= len(block)
            content.seek(0)
            opened.pop_all()
        return ScaledPicture(content, said["content_type"], *size)

    def wait(self) -> int:
        """Return the exit code of a process that is about to end; kill it if it does not."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._close()
        return code

    def kill(self) -> None:
        """End the process now."""
        self.process.kill()
        self.wait()

    def disown(self) -> None:
        """Leave the process to the one that started it, after a fork."""
        self._close()
        self.process.returncode = 0

    def _close(self) -> None:
        for pipe in (self.input, self.output):
            with suppress(OSError):
                pipe.close()


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what goes wrong with a disk into ``StorageFull`` or ``StorageUnavailable``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise StorageUnavailable from error


def decode(
    content: IO[bytes],
    *,
    size: int,
    picture: PictureType,
    choose: Callable[[PictureInfo], Sequence[tuple[int, int]]],
) -> tuple[PictureInfo, list[ScaledPicture]]:
    """Return the description of the picture in ``content``, and a picture of each chosen size.

    ``content`` has ``size`` bytes. ``choose`` returns the sizes for a description. Raises
    ``NotAPicture``, also where the child crashes or takes too long; ``RenditionsBusy`` where none
    is free in time; and ``ConfigurationError`` where none can be started.
    """
    job = {
        "format": picture.pillow,
        "size": size,
        "pixels": limits.MAX_PIXELS,
        "side": limits.MAX_SIDE,
        "idle_seconds": limits.IDLE_SECONDS,
        "bounds": {
            "seconds": limits.CHILD_SECONDS,
            "cpu_seconds": limits.CHILD_CPU_SECONDS,
            "memory": limits.CHILD_MEMORY,
        },
    }
    with _turns.take(limits.PATIENCE):
        child = _child_for(job)
        try:
            with ExitStack() as opened, child.limited():
                _copy(content, child, size)
                said = child.receive()
                info = PictureInfo(picture.content_type, **said)
                sizes = choose(info)
                child.send(sizes)
                made = []
                for each in sizes:
                    made.append(child.receive_picture(each))
                    opened.enter_context(made[-1].content)
                opened.pop_all()
        except Ended as error:
            raise _failure(child) from error
        except BaseException:
            child.kill()
            raise
        _idle.append(child)
    return info, made


def _child_for(job: dict[str, Any]) -> Child:
    """Return a child that has accepted ``job``: an idle one, or a new one."""
    while True:
        is_new = not _idle
        child = Child() if is_new else _idle.pop()
        try:
            with child.limited():
                child.send(job)
                child.receive()
                return child
        except Ended as error:
            code = child.wait()
            if not is_new:
                continue
            if code > 0:
                raise ConfigurationError(
                    f"Pictures cannot be decoded by {command()[0]}: {str(error)[-2000:]}"
                ) from error
            # Killed before it has seen the picture.
            logger.warning("A picture was not decoded: exit code %s. %s", code, error)
            raise RenditionsBusy from error


def _failure(child: Child) -> NotAPicture:
    code = child.wait()
    reason = f"not done in {limits.CHILD_SECONDS} s" if child.is_late else f"exit code {code}"
    logger.warning("A picture was not decoded: %s.", reason)
    # By a signal: out of its time or memory, or of the machine's.
    return DecodingStopped() if code < 0 else NotAPicture()


def _copy(content: IO[bytes], child: Child, size: int) -> None:
    left = size
    while left:
        with disk_errors():
            block = content.read(min(left, BLOCK_SIZE))
        if not block:
            raise NotAPicture
        child.write(block)
        left -= len(block)


def command() -> list[str]:
    """Return the command that starts a child. It is given the search path of modules."""
    return [_python(), "-P", "-S", "-c", PROGRAM]


def _python() -> str:
    """Return the interpreter: a server that embeds Python names itself in ``sys.executable``."""
    named = os.fsdecode(multiprocessing.spawn.get_executable() or "")
    if "python" in Path(named).name.lower():
        return named
    folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python3")
    return str(Path(sys.exec_prefix, folder, name))


def _start() -> subprocess.Popen[bytes]:
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    variables = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    try:
        return subprocess.Popen(  # noqa: S603
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=variables | {"PYTHONPATH": path},
        )
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.ENOMEM):
            raise RenditionsBusy from error
        raise ConfigurationError(
            f"Pictures are decoded by {command()[0]}, which cannot be started. "
            "multiprocessing.set_executable() names another."
        ) from error


def _end_idle() -> None:
    while _idle:
        _idle.pop().kill()


def _forget_idle() -> None:
    while _idle:
        _idle.pop().disown()


atexit.register(_end_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_idle)
