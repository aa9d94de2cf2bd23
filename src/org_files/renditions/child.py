"""A child process that decodes pictures: its command, its answers and its end."""

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

if sys.platform == "linux":
    import fcntl

logger = logging.getLogger("org_files.renditions")

DECODER = Path(__file__).with_name("decoder.py")
#: As a module it is compiled once. Imports are faster without garbage collection.
PROGRAM = (
    f"import gc, sys; gc.disable(); sys.path.insert(0, {str(DECODER.parent)!r}); "
    "import colours, decoder, jpeg_scans, png_colours, rows; "
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
    """A process of ``decoder.py``.

    Raises ``RenditionsBusy`` if the machine has no room for a process, and ``ConfigurationError``
    if there is no such program.
    """

    def __init__(self) -> None:
        arguments = command()
        self.program = arguments[0]
        path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
        variables = {name: os.environ[name] for name in VARIABLES if name in os.environ}
        try:
            self.process = subprocess.Popen(  # noqa: S603
                arguments,
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
                f"Pictures are decoded by {self.program}, which cannot be started. "
                "multiprocessing.set_executable() names another."
            ) from error
        self.input = cast("IO[bytes]", self.process.stdin)
        self.output = cast("IO[bytes]", self.process.stdout)
        self.is_late = False
        #: Seconds for which it has waited for the content of its picture.
        self.reading_seconds = 0.0
        if sys.platform == "linux":
            # Fewer turns between the two processes. It fails where the user has many large pipes.
            with suppress(OSError):
                fcntl.fcntl(self.input, fcntl.F_SETPIPE_SZ, BLOCK_SIZE)

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
        """Write ``data`` at once. Raises ``Ended``, as everything that reads or writes does."""
        try:
            self.input.write(data)
            self.input.flush()
        except OSError as error:
            raise Ended from error

    def receive(self) -> dict[str, Any]:
        """Return the next answer. Raises ``NotAPicture`` or ``PictureTooLarge`` for an error."""
        other = b""
        said: dict[str, Any] | None = None
        while said is None:
            line = self.output.readline(LONGEST_LINE)
            if not line:
                raise Ended(other.decode(errors="replace").strip())
            # The interpreter or its loader may write a warning.
            other = (other + line)[-LONGEST_LOGGED:]
            with suppress(ValueError):
                said = json.loads(line) if line.startswith(b"{") else None
        if said.get("error") == "large":
            raise PictureTooLarge
        if "error" in said:
            logger.warning("A picture was not decoded. %s", said["error"][-LONGEST_LOGGED:])
            raise NotAPicture
        return said

    def receive_file(self) -> tuple[IO[bytes], str]:
        """Return the next result, at its beginning, and its content type."""
        said = self.receive()
        left = said["size"]
        make = tempfile.TemporaryFile if left > IN_MEMORY else io.BytesIO
        with ExitStack() as opened, disk_errors():
            content: IO[bytes] = opened.enter_context(make())
            while left:
                block = self.output.read(min(left, BLOCK_SIZE))
                if not block:
                    raise Ended
                content.write(block)
                left -= len(block)
            content.seek(0)
            opened.pop_all()
        return content, said["content_type"]

    def wait(self) -> int:
        """Return the exit code of a process that is about to end; kill it if it does not."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=1)
        return self.kill()

    def kill(self) -> int:
        """End the process now, unless it has ended, and return its exit code."""
        self.process.kill()
        code = self.process.wait()
        self._close()
        return code

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
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (StorageFull if is_full else StorageUnavailable) from error


def command() -> list[str]:
    """Return the command that starts a child, which is given the search path of modules."""
    # A server that embeds Python names itself in sys.executable.
    python = os.fsdecode(multiprocessing.spawn.get_executable() or "")
    if "python" not in Path(python).name.lower():
        folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python3")
        python = str(Path(sys.exec_prefix, folder, name))
    return [python, "-P", "-S", "-c", PROGRAM]
