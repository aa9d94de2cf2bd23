"""Decoding in the web worker, for what costs little: photographs as cameras store them.

libjpeg scales them down while it decodes, strip by strip, in one pass. That takes a tenth of the
time of anything else and a few MiB; starting a process would take longer.

It happens in threads of its own. What a thread has freed, glibc keeps in that thread's heap for
its next use: 16 threads of a server that each decoded once would keep 16 times what one needs.
"""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from org_files.exceptions import NotAPicture, RenditionsBusy
from org_files.renditions import limits
from org_files.renditions.anatomy import Anatomy
from org_files.renditions.decoder import Encoded, Job, decode, draft_scale

__all__ = ["decode_in_worker", "is_for_worker"]

#: Bytes for each pixel in Pillow, whatever the mode.
PIXEL = 4
#: Bytes for each pixel of a result: itself, turned, and all coefficients while its tables are made.
RESULT_PIXEL = 16
#: Bytes for each column while a strip of blocks is decoded.
COLUMN = 96

# What Pillow raises on broken content.
BROKEN = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
)


# Starts no thread before there is something to decode.
_threads = ThreadPoolExecutor(limits.WORKER_THREADS, "org-files-pictures")


def _after_fork() -> None:
    # A forked process has none of its parent's threads.
    global _threads
    _threads = ThreadPoolExecutor(limits.WORKER_THREADS, "org-files-pictures")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def is_for_worker(anatomy: Anatomy, job: Job) -> bool:
    """Return whether ``job`` costs no more than may be spent in a web worker."""
    from PIL import ImageFile

    return (
        anatomy.is_sequential
        and anatomy.profile_size <= limits.WORKER_PROFILE
        and _bytes_of(job) <= limits.WORKER_MEMORY
        # With it Pillow takes half a picture for a whole one. It is the host site's to set.
        and not ImageFile.LOAD_TRUNCATED_IMAGES
    )


def _bytes_of(job: Job) -> int:
    """Return how many bytes decoding a sequential JPEG takes at most."""
    scale = draft_scale(job)
    width, height = -(-job.width // scale), -(-job.height // scale)
    results = [job.stored(size) for size in job.sizes]
    # Pillow scales in two passes, the first of which is as high as the picture and as wide as the
    # result. One result is made after the other; what stays of each is its file.
    halfway = max(result[0] for result in results) * height
    largest = max(result[0] * result[1] for result in results)
    return (
        PIXEL * (width * height + halfway)
        + RESULT_PIXEL * largest
        + sum(result[0] * result[1] for result in results)
        + COLUMN * job.width
    )


def decode_in_worker(stream: IO[bytes], job: Job) -> list[Encoded] | None:
    """Return what the job asks for, or ``None`` where all threads are busy.

    Raises ``NotAPicture``, or ``RenditionsBusy`` where the machine is too busy to finish it.
    """
    decoding = _threads.submit(lambda: list(decode(stream, job)))
    try:
        return decoding.result(limits.WORKER_PATIENCE)
    except TimeoutError:
        if decoding.cancel():
            return None
    except BROKEN as error:
        raise NotAPicture from error
    try:
        return decoding.result(limits.WORKER_SECONDS)
    except TimeoutError as error:
        raise RenditionsBusy from error
    except BROKEN as error:
        raise NotAPicture from error
