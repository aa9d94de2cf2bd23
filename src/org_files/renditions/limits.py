"""What decoding a picture may cost, and who may pay it."""

from __future__ import annotations

__all__ = [
    "CHILDREN",
    "CHILD_CPU_SECONDS",
    "CHILD_MEMORY",
    "CHILD_SECONDS",
    "MAX_BYTES",
    "MAX_HEADER",
    "MAX_PIXELS",
    "MAX_PROFILE",
    "MAX_READS",
    "MAX_SIDE",
    "PATIENCE",
    "WORKER_MEMORY",
    "WORKER_PATIENCE",
    "WORKER_PROFILE",
    "WORKER_SECONDS",
    "WORKER_THREADS",
]

MIB = 1024 * 1024

MAX_PIXELS = 40_000_000
#: The longest side that libjpeg writes. None that is made is longer than the original.
MAX_SIDE = 65_500
#: Bytes of what is decoded: one uncompressed picture of 40 megapixels in 16 bits is 320 MB.
MAX_BYTES = 400 * MIB
#: Looks into a file before it is decoded, in segments, chunks and blocks. The most are those of a
#: GIF: one for each 255 bytes.
MAX_READS = 300_000
#: Bytes of a JPEG's tables.
MAX_HEADER = MIB
#: Bytes of a colour profile. Those for printing have up to three MiB.
MAX_PROFILE = 4 * MIB

#: Threads of a web worker in which a picture is decoded.
WORKER_THREADS = 2
#: Bytes that one of them may take. The worker as a whole is to grow by less than 64 MiB, and what a
#: thread has freed stays with its heap: both count, whether they decode at this moment or not.
WORKER_MEMORY = 16 * MIB
#: A profile of a matrix and curves. A larger one holds tables, which more code reads.
WORKER_PROFILE = 4096
#: Seconds until a thread is free; then a child is asked.
WORKER_PATIENCE = 5.0
#: Seconds for what then decodes.
WORKER_SECONDS = 15.0

#: Processes of this machine (of one user) that decode at the same moment.
CHILDREN = 2
#: Bytes of address space.
CHILD_MEMORY = 1024 * MIB
CHILD_CPU_SECONDS = 10
#: Seconds from start to end, by the clock.
CHILD_SECONDS = 18
#: Seconds until one may start. Together with the former less than the 30 after which a server
#: takes its worker for dead.
PATIENCE = 8.0
