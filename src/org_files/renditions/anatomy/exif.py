"""The one thing of EXIF that counts here."""

from __future__ import annotations

import struct

__all__ = ["PREFIX", "orientation"]

#: Before the TIFF structure in JPEG, and in some WEBP files.
PREFIX = b"Exif\0\0"

ORIENTATION = 0x0112
SHORT = 3
ENTRY_SIZE = 12


def orientation(data: bytes) -> int:
    """Return how a picture is to be turned, 1 to 8 (EXIF 2.32 §4.6.4); 1 where it is not said.

    Reads no value but this one: what else hostile EXIF points to stays untouched.
    """
    data = data.removeprefix(PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, directory)
        for index in range(count):
            tag, kind, _, value = struct.unpack_from(
                f"{order}HHIH", data, directory + 2 + index * ENTRY_SIZE
            )
            if tag == ORIENTATION:
                return int(value) if kind == SHORT and 1 <= value <= 8 else 1
    except struct.error:  # it points behind its own end
        pass
    return 1
