"""The end of each scan of a JPEG, and whether they have all the pixels (ITU-T T.81)."""

import io
import re
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from random import Random
from typing import Any

from PIL import Image, ImageChops

#: A marker, neither a restart nor an escaped byte of a scan.
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
RESTART = re.compile(rb"\xff([\xd0-\xd7])")
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN, RESTART_INTERVAL = 0xD8, 0xD9, 0xDA, 0xDD
#: Markers without a length.
SINGLE = {0x01, START_OF_IMAGE, END_OF_IMAGE}
#: Each begins a frame: with Huffman coding, and with arithmetic coding.
HUFFMAN, ARITHMETIC = {0xC0, 0xC1, 0xC2, 0xC3}, {0xC9, 0xCA, 0xCB}
PROGRESSIVE = {0xC2, 0xCA}
#: Of a block.
COEFFICIENTS = 64
#: Markers that may stand between two scans.
TABLES = {0xC4, 0xCC, 0xDB, 0xDC, RESTART_INTERVAL, 0xFE, *range(0xE0, 0xF0)}
END = b"\xff\xd9"
#: Bits that no encoder has written, and no marker.
NOISE = Random(1).randbytes(1024).replace(b"\xff", b"\xfe")  # noqa: S311
#: Zeros that an encoder may omit at the end of an arithmetic code (D.1.8), and more than it does.
OMITTED = bytes(1024)
#: Bytes behind a scan that libjpeg wants before it decodes the last codes.
LOOKAHEAD = 8
#: Bytes of a scan that is decoded a second time for certainty about its last blocks.
SMALL = 256 * 1024
#: Rows that are compared at once.
BAND = 256
#: Bytes that are read at once.
BLOCK_SIZE = 65_536


class JpegScans:
    """The scans of the JPEG in ``content``, without what follows them."""

    def __init__(self, content: io.BytesIO) -> None:
        self.content = content
        #: The marker of the frame.
        self.frame = 0
        self.components = 0
        #: Of each component the coefficients that are there with their last bit.
        self.found = set[tuple[int, int]]()
        #: Whether the first scan has all of the picture, which is then decoded row by row.
        self.is_by_row = False
        #: Whether missing rows are noticed while it is decoded.
        self.is_watched = False
        #: The end of each scan, and the restart that would follow.
        self.ends: list[tuple[int, bytes]] = []
        with content.getbuffer() as data:
            self._find(data)

    def feed(self, image: Any) -> None:
        """Let ``image`` be decoded from the scans.

        Loading a large picture that is decoded row by row raises ``EOFError`` where rows are
        missing.
        """
        blocks = self._blocks(b"")
        self.is_watched = self.is_by_row and self.ends[0][0] > SMALL
        if self.is_watched:
            # Pillow decodes into this, and leaves rows that it has not come to.
            canvas = Image.new(image.mode, image.size)
            row = Random(1).randbytes(image.width * len(image.getbands()))  # noqa: S311
            last = Image.frombytes(image.mode, (image.width, 1), row)
            canvas.paste(last, (0, image.height - 1))
            image.im = canvas.im
            blocks = self._watched(canvas, last)
        import_module("rows").feed(image, blocks)

    def _watched(self, canvas: Image.Image, last: Image.Image) -> Iterator[bytes]:
        yield from self._read(0, self.ends[0][0])
        yield bytes(LOOKAHEAD)
        # libjpeg asks for the end, and has done all that it can without.
        box = (0, canvas.height - 1, canvas.width, canvas.height)
        if canvas.crop(box).tobytes() == last.tobytes():
            raise EOFError("Pixels are missing.")
        yield END

    def check(self, image: Image.Image, size: tuple[int, int]) -> None:
        """Raise ``EOFError`` if pixels of ``image``, decoded for ``size``, are not in the scans.

        libjpeg makes up the pixels that are missing. If noise behind the scans changes the picture,
        some are.
        """
        if len(self.found) < self.components * COEFFICIENTS:
            raise EOFError("Scans are missing.")
        if self.is_watched:
            return
        self.content.seek(0)
        with Image.open(self.content, formats=["JPEG"]) as other:
            other.draft(None, size)
            import_module("rows").feed(other, self._blocks(NOISE))
            for top in range(0, image.height, BAND):
                box = (0, top, image.width, min(top + BAND, image.height))
                if ImageChops.difference(image.crop(box), other.crop(box)).getbbox(
                    alpha_only=False
                ):
                    raise EOFError("Pixels are missing.")

    def _blocks(self, noise: bytes) -> Iterator[bytes]:
        """Return the scans with ``noise`` behind each."""
        if self.frame not in ARITHMETIC:
            return self._data(noise)
        # libjpeg wants them at once.
        return iter([b"".join(self._data(OMITTED + noise if noise else b""))])

    def _data(self, noise: bytes) -> Iterator[bytes]:
        position = 0
        for end, restart in self.ends:
            yield from self._read(position, end)
            position = end
            if noise:
                yield noise + restart + noise
        yield END

    def _find(self, data: memoryview) -> None:
        position, begin, has_restarts = 2, 0, False
        while found := MARKER.search(data, position):
            marker, position = found[1][0], found.end()
            if begin:
                self._end_scan(data, begin, found.start(), has_restarts)
                begin = 0
            if self.ends and (self.is_by_row or marker not in TABLES | {START_OF_SCAN}):
                return
            if marker in SINGLE:
                continue
            length = int.from_bytes(data[position : position + 2], "big")
            segment = bytes(data[position + 2 : position + length])
            position += length
            if marker in HUFFMAN | ARITHMETIC:
                self.frame, self.components = marker, segment[5]
            elif marker == RESTART_INTERVAL:
                has_restarts = True
            elif marker == START_OF_SCAN:
                begin = position
                count = segment[0]
                first, last, bits = segment[2 * count + 1 : 2 * count + 4]
                if self.frame not in PROGRESSIVE:
                    # Not used, and sometimes wrong.
                    first, last, bits = 0, COEFFICIENTS - 1, 0
                    self.is_by_row = count == self.components and not self.ends
                if bits & 15 == 0:
                    components = segment[1 : 2 * count + 1 : 2]
                    self.found.update(product(components, range(first, last + 1)))
        if begin:
            self._end_scan(data, begin, len(data), has_restarts)

    def _end_scan(self, data: memoryview, begin: int, end: int, has_restarts: bool) -> None:
        while (block := bytes(data[max(begin, end - BLOCK_SIZE) : end])).endswith(b"\xff"):
            # Fill bytes of the marker (B.1.1.2).
            end -= len(block) - len(block.rstrip(b"\xff"))
        number = 0
        if has_restarts and (last := deque(RESTART.finditer(data, begin, end), maxlen=1)):
            number = last[0][1][0] - 0xD0 + 1
        self.ends.append((end, b"\xff" + bytes([0xD0 + number % 8])))

    def _read(self, begin: int, end: int) -> Iterator[bytes]:
        self.content.seek(begin)
        while block := self.content.read(min(end - begin, BLOCK_SIZE)):
            begin += len(block)
            yield block
