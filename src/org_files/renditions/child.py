"""Decoding in a process of its own: what it takes, and whether it ends, is all one to the site."""

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
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from org_files.exceptions import (
    ConfigurationError,
    DecodingStopped,
    NotAPicture,
    OrgFilesError,
    RenditionsBusy,
)
from org_files.renditions import decoder, limits
from org_files.renditions.decoder import Job
from org_files.renditions.pictures import ScaledPicture
from org_files.renditions.temporary import reading_and_writing, temporary_file
from org_files.renditions.turns import Turns

__all__ = ["decode_in_child"]

logger = logging.getLogger("org_files.renditions")

#: Bytes of a result up to which it is held in memory.
IN_MEMORY = 256 * 1024
BLOCK_SIZE = 64 * 1024

#: What the interpreter itself may need. No other variable goes along, as some are secrets.
VARIABLES = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT")

_turns = Turns("org-files-pictures", limits.CHILDREN)


def decode_in_child(stream: IO[bytes], job: Job) -> list[ScaledPicture]:
    """Return what ``job`` asks for of the picture in ``stream``, a file with a descriptor.

    Raises ``NotAPicture`` where the child does not come to a good end, ``RenditionsBusy`` where it
    has no turn in time, and ``ConfigurationError`` where it cannot even begin.
    """
    with temporary_file() as output:
        with _turns.take(limits.PATIENCE) as descriptors:
            said = _run(command(job), stream, output, descriptors)
        output.seek(0)
        with reading_and_writing():
            return [_picture(output, *made) for made in said]


def command(job: Job) -> list[str]:
    """Return the command that decodes the picture in its stdin."""
    bounds = {
        "memory": limits.CHILD_MEMORY,
        "cpu_seconds": limits.CHILD_CPU_SECONDS,
        "seconds": limits.CHILD_SECONDS,
    }
    arguments = json.dumps({"job": asdict(job), "bounds": bounds})
    return [_python(), "-P", decoder.__file__, arguments]


def _python() -> str:
    """Return the interpreter: a server that embeds Python names itself in ``sys.executable``."""
    named = os.fsdecode(multiprocessing.spawn.get_executable() or "")
    if "python" in Path(named).name.lower():
        return named
    folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python3")
    return str(Path(sys.exec_prefix, folder, name))


def _environment() -> dict[str, str]:
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {name: os.environ[name] for name in VARIABLES if name in os.environ} | {
        "PYTHONPATH": path
    }


def _run(
    arguments: list[str], stream: IO[bytes], output: IO[bytes], descriptors: tuple[int, ...]
) -> list[Any]:
    """Return what the child says of the pictures that it wrote to ``output``."""
    stream.seek(0)
    try:
        ran = subprocess.run(  # noqa: S603
            arguments,
            stdin=stream,
            stdout=output,
            stderr=subprocess.PIPE,
            env=_environment(),
            pass_fds=descriptors,
            timeout=limits.CHILD_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        reason = f"not done in {limits.CHILD_SECONDS} s"
        raise _failure(reason, error.stderr or b"", is_stopped=True) from error
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.ENOMEM):
            raise RenditionsBusy from error
        raise ConfigurationError(
            f"Pictures are decoded by {arguments[0]}, which cannot be started. "
            "multiprocessing.set_executable() names another."
        ) from error
    # The exit code is always 0 where the site ignores SIGCHLD.
    said = ran.stderr.splitlines()
    if ran.returncode == 0 and said and said[-1].startswith(b"["):
        return list(json.loads(said[-1]))
    if ran.returncode > 0 and decoder.READY not in ran.stderr:
        raise ConfigurationError(
            f"Pictures cannot be decoded by {arguments[0]}: {_tail(ran.stderr)}"
        )
    # By a signal: out of its time or memory, or of the machine's.
    raise _failure(f"exit code {ran.returncode}", ran.stderr, is_stopped=ran.returncode < 0)


def _failure(reason: str, said: bytes, *, is_stopped: bool) -> OrgFilesError:
    """Return what to raise: killed before it began, the machine is to blame, not the picture."""
    logger.warning("A picture was not decoded: %s. %s", reason, _tail(said))
    if decoder.READY not in said:
        return RenditionsBusy()
    return DecodingStopped() if is_stopped else NotAPicture()


def _tail(said: bytes) -> str:
    return said.decode(errors="replace")[-2000:].strip()


def _picture(
    output: IO[bytes], size: int, content_type: str, width: int, height: int
) -> ScaledPicture:
    is_small = size <= IN_MEMORY
    content: IO[bytes] = io.BytesIO() if is_small else tempfile.TemporaryFile()  # noqa: SIM115
    left = size
    while left:
        block = output.read(min(left, BLOCK_SIZE))
        if not block:
            content.close()
            raise NotAPicture
        content.write(block)
        left -= len(block)
    content.seek(0)
    return ScaledPicture(content, content_type, width, height)
