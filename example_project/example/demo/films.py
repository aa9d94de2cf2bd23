"""Films of the demo: VP8 in WebM, whose frames are pictures of Pillow."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence

from PIL import Image, ImageDraw


def webm(frames: Sequence[Image.Image], *, milliseconds: int) -> bytes:
    """Return a film (RFC 9559) that shows each frame for so many milliseconds."""
    width, height = frames[0].size
    head = _element(
        0x1A45DFA3,
        _element(0x4286, _number(1)),
        _element(0x42F7, _number(1)),
        _element(0x42F2, _number(4)),
        _element(0x42F3, _number(8)),
        _element(0x4282, b"webm"),
        _element(0x4287, _number(2)),
        _element(0x4285, _number(2)),
    )
    duration = _element(0x4489, struct.pack(">d", len(frames) * milliseconds))
    info = _element(0x1549A966, _element(0x2AD7B1, _number(1_000_000)), duration)
    size = _element(0xE0, _element(0xB0, _number(width)), _element(0xBA, _number(height)))
    track = _element(
        0xAE,
        _element(0xD7, _number(1)),
        _element(0x73C5, _number(1)),
        _element(0x83, _number(1)),
        _element(0x86, b"V_VP8"),
        size,
    )
    blocks = [
        # Of track 1, so long after the cluster's begin, a key frame.
        _element(0xA3, b"\x81" + (place * milliseconds).to_bytes(2, "big") + b"\x80" + _vp8(frame))
        for place, frame in enumerate(frames)
    ]
    cluster = _element(0x1F43B675, _element(0xE7, _number(0)), *blocks)
    return head + _element(0x18538067, info, _element(0x1654AE6B, track), cluster)


def waves() -> bytes:
    """Return three seconds of a boat on waves."""
    return webm([_wave(place / 24) for place in range(24)], milliseconds=125)


def _wave(turn: float) -> Image.Image:
    width, height = 640, 360
    picture = Image.new("RGB", (width, height), "#a9cfe4")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((490, 40, 560, 110), fill="#fff3c9")
    for layer, colour in enumerate(("#4b8fae", "#2f7394", "#1c5674")):
        shift = 2 * math.pi * (turn * (layer + 1) + layer / 5)
        level = 205 + 50 * layer
        line = [
            (x, level + 12 * math.sin(x / 60 + shift) + 5 * math.sin(x / 23 - shift))
            for x in range(0, width + 10, 10)
        ]
        if layer == 1:
            _boat(draw, 300, line[30][1], math.cos(300 / 60 + shift) / 12)
        draw.polygon([*line, (width, height), (0, height)], fill=colour)
    return picture


def _boat(draw: ImageDraw.ImageDraw, left: float, water: float, lean: float) -> None:
    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(left + x + lean * y, water - y - lean * x) for x, y in points]

    draw.polygon(at((-70, 26), (80, 26), (52, -14), (-48, -14)), fill="#6b3f2a")
    draw.line(at((0, 20), (0, 165)), fill="#3d2417", width=5)
    draw.polygon(at((6, 38), (70, 42), (6, 158)), fill="#fdf6e3")
    draw.polygon(at((-6, 38), (-48, 44), (-6, 140)), fill="#e8d9b5")


def _vp8(frame: Image.Image) -> bytes:
    """Return a key frame of VP8, which is what a lossy WebP picture has in it (RFC 9649 §2.5)."""
    written = io.BytesIO()
    frame.save(written, "WEBP", lossless=False, quality=60)
    riff = written.getvalue()
    return riff[20 : 20 + int.from_bytes(riff[16:20], "little")]


def _element(number: int, *parts: bytes) -> bytes:
    """Return an element of EBML, its length in eight bytes (RFC 8794 §4)."""
    content = b"".join(parts)
    length = ((1 << 56) | len(content)).to_bytes(8, "big")
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + length + content


def _number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
