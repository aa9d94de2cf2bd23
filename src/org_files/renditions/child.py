"""A child process that decodes pictures: its command, its answers and its end."""

from __future__ import annotations

import errno
import io
import json
import logging
import multiprocessing.spawn
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any, cast

from org_files.exceptions import (
    ConfigurationError,
    NotAPicture,
    PictureTooLarge,
    RenditionsBusy,
    StorageFull,
    StorageUnavailable,
)
from org_files.renditions.pictures import ScaledPicture

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
#: Characters of a child's output that are logged: its end says most.
LONGEST_LOGGED = 2000

#: Variables that the interpreter itself may need. No other goes along: some are secrets.
VARIABLES = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT")


class Ended(Exception):
    """The child has ended. The message is the end of its output."""


class Child:
    """A process of ``decoder.py``."""

    def __init__(self) -> None:
        self.process = _start()
        self.input = cast("IO[bytes]", self.process.stdin)
        self.output = cast("IO[bytes]", self.process.stdout)
        self.is_late = False
        #: Seconds for which it has waited for the content of its picture.
        self.reading_seconds = 0.0
        if sys.platform == "linux":
            # Fewer turns between the two processes. It fails where the user has many large pipes.
            with suppress(OSError):
                fcntl.fcntl(self.input, fcntl.F_SETPIPE_SZ, BLOCK_SIZE)

    @property
    def program(self) -> str:
        """The interpreter that it runs."""
        return str(cast("list[str]", self.process.args)[0])

    @contextmanager
    def limited(self, until: float) -> Iterator[None]:
        """Kill the process unless the block ends before ``until``, a time of the monotonic clock.

        Raises ``RenditionsBusy`` if the machine has no thread left to watch it.
        """
        try:
            timer = Timer(max(0.0, until - time.monotonic()), self._stop)
            timer.start()
        except RuntimeError as error:
            raise RenditionsBusy from error
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
        other = b""
        while (said := _answer(line := self.output.readline(LONGEST_LINE))) is None:
            if not line:
                raise Ended(other.decode(errors="replace").strip())
            # The interpreter or its loader has written a warning.
            other = (other + line)[-LONGEST_LOGGED:]
        if said.get("error") == "large":
            raise PictureTooLarge
        if "error" in said:
            logger.warning("A picture was not decoded. %s", said["error"][-LONGEST_LOGGED:])
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


def _answer(line: bytes) -> dict[str, Any] | None:
    """Return the answer in ``line``, or ``None`` if it is other output."""
    if not (line.startswith(b"{") and line.endswith(b"}\n")):
        return None
    try:
        return dict(json.loads(line))
    except ValueError:
        return None


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what goes wrong with a disk into ``StorageFull`` or ``StorageUnavailable``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise StorageUnavailable from error


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
            # glibc would reserve 64 MiB of the bounded address space for the decoder's thread.
            env=variables | {"MALLOC_ARENA_MAX": "1", "PYTHONPATH": path},
        )
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.ENOMEM):
            raise RenditionsBusy from error
        raise ConfigurationError(
            f"Pictures are decoded by {command()[0]}, which cannot be started. "
            "multiprocessing.set_executable() names another."
        ) from error
