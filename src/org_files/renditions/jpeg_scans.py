"""The end of a JPEG's scans, and whether they have all the pixels (ITU-T T.81). Knows no Django."""

import re
from random import Random
from typing import IO

from PIL import Image, ImageChops

#: A marker, neither a restart nor an escaped byte of a scan.
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
RESTARTS = [b"\xff" + bytes([0xD0 + number]) for number in range(8)]
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN, TEMPORARY = 0xD8, 0xD9, 0xDA, 0x01
END = b"\xff\xd9"
#: Bits that no encoder has written, and no marker.
NOISE = Random(1).randbytes(4096).replace(b"\xff", b"\xfe")  # noqa: S311
#: Rows that are compared at once.
BAND = 256


class JpegScans:
    """The scans of the JPEG in ``content``, which loses all that follows them but an end marker."""

    def __init__(self, content: IO[bytes]) -> None:
        self.content = content
        content.seek(0)
        data = content.read()
        self.begin, self.end = _scans(data)
        found = [data.rfind(each, self.begin, self.end) for each in RESTARTS]
        last = max(found)
        # The restart that would follow.
        self.restart = RESTARTS[0 if last < 0 else (found.index(last) + 1) % len(RESTARTS)]
        del data
        self._end_with(END)

    def check(self, image: Image.Image, size: tuple[int, int]) -> None:
        """Raise ``EOFError`` if pixels of ``image``, decoded for ``size``, are not in the scans.

        libjpeg makes up the pixels that are missing. If noise behind the scans changes the picture,
        some are.
        """
        self._end_with(NOISE + self.restart + NOISE + END)
        with Image.open(self.content, formats=["JPEG"]) as other:
            other.draft(None, size)
            for top in range(0, image.height, BAND):
                box = (0, top, image.width, min(top + BAND, image.height))
                if ImageChops.difference(image.crop(box), other.crop(box)).getbbox(
                    alpha_only=False
                ):
                    raise EOFError("Pixels are missing.")

    def _end_with(self, data: bytes) -> None:
        self.content.seek(self.end)
        self.content.truncate()
        self.content.write(data)
        self.content.seek(0)


def _scans(data: bytes) -> tuple[int, int]:
    """Return where the first scan begins and the last one ends."""
    begin, position = 0, 2
    while found := MARKER.search(data, position):
        marker = found[1][0]
        position = found.end()
        if marker == END_OF_IMAGE:
            return begin, found.start()
        if marker not in (START_OF_IMAGE, TEMPORARY):
            position += int.from_bytes(data[position : position + 2], "big")
        if marker == START_OF_SCAN:
            begin = begin or position
    return begin, len(data.rstrip(b"\xff"))
