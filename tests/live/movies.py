"""A short film in WebM, made without an encoder of films."""

import struct
from io import BytesIO

from PIL import Image

WIDTH, HEIGHT = 320, 240

FRAME = 100  # milliseconds


def make_movie(frames=15):
    """Return ``frames`` tenths of a second of VP8 in WebM (RFC 9559)."""
    head = element(
        0x1A45DFA3,
        element(0x4286, number(1)),
        element(0x42F7, number(1)),
        element(0x42F2, number(4)),
        element(0x42F3, number(8)),
        element(0x4282, b"webm"),
        element(0x4287, number(2)),
        element(0x4285, number(2)),
    )
    duration = element(0x4489, float_of(frames * FRAME))
    info = element(0x1549A966, element(0x2AD7B1, number(1_000_000)), duration)
    size = element(0xE0, element(0xB0, number(WIDTH)), element(0xBA, number(HEIGHT)))
    track = element(
        0xAE,
        element(0xD7, number(1)),
        element(0x73C5, number(1)),
        element(0x83, number(1)),
        element(0x86, b"V_VP8"),
        size,
    )
    blocks = [
        # Of track 1, so long after the cluster's begin, a key frame.
        element(0xA3, b"\x81" + (place * FRAME).to_bytes(2, "big") + b"\x80" + frame(place))
        for place in range(frames)
    ]
    cluster = element(0x1F43B675, element(0xE7, number(0)), *blocks)
    return head + element(0x18538067, info, element(0x1654AE6B, track), cluster)


def frame(place):
    """Return a key frame of VP8, which is what a lossy WebP picture has in it (RFC 9649 §2.5)."""
    picture = Image.effect_noise((WIDTH, HEIGHT), 20 + place).convert("RGB")
    written = BytesIO()
    picture.save(written, "WEBP", lossless=False, quality=60)
    riff = written.getvalue()
    assert riff[12:16] == b"VP8 "
    return riff[20 : 20 + int.from_bytes(riff[16:20], "little")]


def element(id, *parts):
    """Return an element of EBML, its length in eight bytes (RFC 8794 §4)."""
    content = b"".join(parts)
    length = ((1 << 56) | len(content)).to_bytes(8, "big")
    return id.to_bytes((id.bit_length() + 7) // 8, "big") + length + content


def number(value):
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def float_of(value):
    return struct.pack(">d", value)
