"""ZIP archives written as a stream, without Django (APPNOTE.TXT 6.3.10).

Members are stored, not compressed. The CRC-32 of each is known once it is sent, and follows it in a
data descriptor. ZIP64 is used where a size or an offset needs it.
"""

import struct
from collections.abc import Callable, Iterator
from datetime import datetime
from zlib import crc32

from org_files.exceptions import ContentUnavailable

BLOCK_SIZE = 256 * 1024

#: A value that is too large for its field has this in place of it, and is in an extra field.
MAX_32 = 0xFFFFFFFF
MAX_16 = 0xFFFF

#: A data descriptor follows, and the name is UTF-8 (§4.4.4).
FLAGS = 1 << 3 | 1 << 11
STORED = 0

#: Versions needed to extract (§4.4.3).
PLAIN, ZIP64 = 20, 45
#: Made on Unix (§4.4.2), where a member is a regular file that its owner may write.
MADE_BY = 3 << 8 | ZIP64
MODE = 0o100644 << 16

LOCAL_HEADER = "<4sHHHHHIIIHH"
CENTRAL_HEADER = "<4sHHHHHHIIIHHHHHII"


class ZipWriter:
    """Writer of one archive. Has the entries of its directory in memory, and no content."""

    def __init__(self) -> None:
        self._offset = 0
        self._entries: list[bytes] = []

    def member(
        self, name: str, size: int, modified: datetime, read: Callable[[int], bytes]
    ) -> Iterator[bytes]:
        """Yield the bytes of a member of ``size`` bytes, which ``read`` returns.

        The time is that of ``modified`` in its own time zone. The first bytes are read before
        anything is yielded: an error of ``read`` leaves the archive as it was. After that an error
        leaves it broken. Raises ``ContentUnavailable`` if there are fewer bytes than ``size``.
        """
        left, crc = size, 0
        block = _read(read, left)
        is_large = size >= MAX_32
        raw_name = name.encode()
        extra = _zip64(0, 0) if is_large else b""
        stamp = _dos_time(modified)
        sizes = (MAX_32 if is_large else 0,) * 2
        extra += _unix_time(modified)
        header = struct.pack(
            *(LOCAL_HEADER, b"PK\3\4", ZIP64 if is_large else PLAIN, FLAGS, STORED, *stamp),
            *(0, *sizes, len(raw_name), len(extra)),
        )
        yield header + raw_name + extra
        while left:
            crc = crc32(block, crc)
            left -= len(block)
            yield block
            block = _read(read, left)
        descriptor = struct.pack("<4sIQQ" if is_large else "<4sIII", b"PK\7\x08", crc, size, size)
        self._add_entry(raw_name, size, crc, modified)
        self._offset += len(header) + len(raw_name) + len(extra) + size + len(descriptor)
        yield descriptor

    def _add_entry(self, name: bytes, size: int, crc: int, modified: datetime) -> None:
        values = (size, size, self._offset)
        large = [value for value in values if value >= MAX_32]
        extra = (_zip64(*large) if large else b"") + _unix_time(modified)
        sizes_and_offset = [min(value, MAX_32) for value in values]
        entry = struct.pack(
            *(CENTRAL_HEADER, b"PK\1\2", MADE_BY, ZIP64 if large else PLAIN, FLAGS, STORED),
            *(*_dos_time(modified), crc, *sizes_and_offset[:2], len(name), len(extra)),
            *(0, 0, 0, MODE, sizes_and_offset[2]),
        )
        self._entries.append(entry + name + extra)

    def directory(self) -> bytes:
        """Return the end of the archive: the directory of its members."""
        entries, number = b"".join(self._entries), len(self._entries)
        start, size = self._offset, len(entries)
        end = b""
        if number >= MAX_16 or start >= MAX_32 or size >= MAX_32:
            record = (44, MADE_BY, ZIP64, 0, 0, number, number, size, start)
            end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", *record)
            end += struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
        number, size, start = min(number, MAX_16), min(size, MAX_32), min(start, MAX_32)
        end += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, number, number, size, start, 0)
        return entries + end


def _read(read: Callable[[int], bytes], left: int) -> bytes:
    block = read(min(left, BLOCK_SIZE)) if left else b""
    if left and not block:
        raise ContentUnavailable
    return block


def _zip64(*values: int) -> bytes:
    """Return the extra field of ZIP64 (§4.5.3): sizes, then the offset, as far as it is needed."""
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values)


def _dos_time(moment: datetime) -> tuple[int, int]:
    """Return time and date as MS-DOS has them (§4.4.6), in steps of two seconds."""
    year = min(max(moment.year, 1980), 2107)
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (year - 1980) << 9 | moment.month << 5 | moment.day


def _unix_time(moment: datetime) -> bytes:
    """Return the extra field "UT", the time in UTC; nothing for one beyond its 32 bits."""
    seconds = int(moment.timestamp())
    return struct.pack("<HHBi", 0x5455, 5, 1, seconds) if 0 <= seconds < 1 << 31 else b""
