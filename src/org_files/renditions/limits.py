"""Limits of decoding a picture."""

from __future__ import annotations

MIB = 1024 * 1024

MAX_PIXELS = 40_000_000
#: The longest side that libjpeg writes. No result is longer than its original.
MAX_SIDE = 65_500
#: Bytes of a file: one uncompressed picture of 40 megapixels in 16 bits has 320 MB.
MAX_BYTES = 400 * MIB

#: Children of one user on this machine that decode at the same moment.
CHILDREN = 2
#: Bytes of address space.
CHILD_MEMORY = 1024 * MIB
CHILD_CPU_SECONDS = 10
#: Seconds for one picture, by the clock, from the start of the child on.
CHILD_SECONDS = 18
#: Seconds after which a child without work ends.
IDLE_SECONDS = 60
#: Seconds until a child is free. PATIENCE and CHILD_SECONDS together are less than 30, the timeout
#: of workers in common servers.
PATIENCE = 8.0
