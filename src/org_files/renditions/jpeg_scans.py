"""The end of a JPEG's scans, and whether they have all the pixels (ITU-T T.81). Knows no Django."""

import re
from random import Random
from typing import IO

from PIL import Image, ImageChops

#: A marker, neither a restart nor an escaped byte of a scan.
MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
RESTARTS = [b"\xff" + bytes([0xD0 + number]) for number in range(8)]
START_OF_IMAGE, START_OF_SCAN, RESTART_INTERVAL, TEMPORARY = 0xD8, 0xDA, 0xDD, 0x01
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
        self.begin = 0
        #: Components of the first scan.
        self.components = 0
        #: The restart that would follow.
        self.restart = RESTARTS[0]
        self._find(content.read())
        self._end_with(END)

    def is_by_row(self, image: Image.Image) -> bool:
        """Return whether the first scan of ``image`` has all of it, so that rows are decoded."""
        is_progressive = image.info.get("progressive", False)
        return not is_progressive and self.components == len(image.getbands())

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

    def _find(self, data: bytes) -> None:
        position, restarts = 2, False
        while not self.begin and (found := MARKER.search(data, position)):
            marker, position = found[1][0], found.end()
            restarts = restarts or marker == RESTART_INTERVAL
            if marker not in (START_OF_IMAGE, TEMPORARY):
                length = int.from_bytes(data[position : position + 2], "big")
                if marker == START_OF_SCAN:
                    self.components = int.from_bytes(data[position + 2 : position + 3], "big")
                    self.begin = position + length
                position += length
        # Within scans no other bytes look like it.
        end = data.find(END, self.begin)
        end = end if end >= 0 else len(data)
        while data[end - 1 : end] == b"\xff":
            end -= 1
        self.end = end
        if restarts:
            found_at = [data.rfind(each, self.begin, end) for each in RESTARTS]
            if max(found_at) >= 0:
                self.restart = RESTARTS[(found_at.index(max(found_at)) + 1) % len(RESTARTS)]
