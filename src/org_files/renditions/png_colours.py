"""Colours that the chunks of a PNG describe (PNG, Third Edition, 4.3). Knows no Django.

They count as in Chromium: cICP before iCCP, then sRGB, then gAMA with cHRM; of each name the first
in front of the pixels that has the right checksum; none of a wrong length.
"""

import math
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from operator import mul, truediv
from typing import IO

NAMES = (b"PLTE", b"cHRM", b"cICP", b"gAMA", b"iCCP", b"sRGB", b"tRNS")
#: Bytes of a profile.
LONGEST_PROFILE = 16 * 1024 * 1024

Vector = Sequence[float]

# x and y of white, red, green and blue (ITU-T H.273, table 2).
C, D65 = (0.31, 0.316), (0.3127, 0.329)
SRGB = (*D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
PRIMARIES: dict[int, Vector] = {
    1: SRGB,
    4: (*C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    8: (*C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    10: (1 / 3, 1 / 3, 1, 0, 0, 1, 0, 0),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    22: (*D65, 0.63, 0.34, 0.295, 0.605, 0.155, 0.077),
}
#: Transfer characteristics (table 3) that Chromium shows as powers, and their exponents.
EXPONENTS = {1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 11: 2.4, 14: 2.4, 15: 2.4}
#: Luminance of the white of what is not HDR (ITU-R BT.2408).
SDR_WHITE = 203
#: The white of all profiles (ICC.1, 7.2.16), and the matrix of its adaptation (Annex E).
D50 = (0.9642, 1.0, 0.8249)
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
BRADFORD_INVERSE = (
    (0.9869929, -0.1470543, 0.1599627),
    (0.4323053, 0.5183603, 0.0492912),
    (-0.0085287, 0.0400428, 0.9684867),
)


def chunks_of(content: IO[bytes]) -> dict[bytes, bytes]:
    """Return the data of the chunks that describe the colours of a PNG, by their names."""
    position = content.tell()
    chunks: dict[bytes, bytes] = {}
    content.seek(8)
    while len(head := content.read(8)) == 8 and (name := head[4:]) != b"IDAT":
        length = int.from_bytes(head[:4], "big")
        is_late = name == b"cICP" and b"PLTE" in chunks
        if name not in NAMES or name in chunks or is_late:
            content.seek(length + 4, os.SEEK_CUR)
            continue
        data = content.read(length)
        if zlib.crc32(name + data) == int.from_bytes(content.read(4), "big"):
            chunks[name] = data
        if name == b"PLTE":
            # Its transparency has to follow.
            chunks.pop(b"tRNS", None)
    content.seek(position)
    return chunks


def profiles_of(chunks: dict[bytes, bytes]) -> list[bytes]:
    """Return ICC profiles, of which the first that can be read describes the colours."""
    if profile := _coded(chunks.get(b"cICP", b"")):
        return [profile]
    profiles = [_inflated(chunks.get(b"iCCP", b""))]
    intent = chunks.get(b"sRGB", b"")
    if len(intent) != 1 or intent[0] > 3:
        profiles.append(_of_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")))
    return list(filter(None, profiles))


def _coded(data: bytes) -> bytes:
    """Return the profile of a cICP chunk, or nothing if it says what Chromium does not know."""
    if len(data) != 4 or data[2:] != b"\0\1" or data[0] not in PRIMARIES:
        return b""
    primaries, code = PRIMARIES[data[0]], data[1]
    if code in EXPONENTS:
        return _profile(lambda value: math.pow(value, EXPONENTS[code]), primaries)
    return _profile(CURVES[code], primaries) if code in CURVES else b""


def _inflated(data: bytes) -> bytes:
    """Return the profile of an iCCP chunk."""
    name, _, packed = data.partition(b"\0")
    unpacker = zlib.decompressobj()
    profile = b""
    if 1 <= len(name) <= 79 and packed.startswith(b"\0"):
        with suppress(zlib.error):
            profile = unpacker.decompress(packed[1:], LONGEST_PROFILE)
    return profile if unpacker.eof else b""


def _of_gamma(gamma: bytes, chromaticities: bytes) -> bytes:
    """Return the profile of a gAMA and a cHRM chunk. The latter alone says nothing."""
    exponent = int.from_bytes(gamma, "big") / 100_000
    if len(gamma) != 4 or not exponent:
        return b""
    primaries: Vector = SRGB
    if len(chromaticities) == 32:
        primaries = [value / 100_000 for value in struct.unpack(">8I", chromaticities)]
    return _profile(lambda value: math.pow(value, 1 / exponent), primaries)


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def _smpte_240(value: float) -> float:
    return value / 4 if value <= 0.0913 else math.pow((value + 0.1115) / 1.1115, 1 / 0.45)


def _smpte_428(value: float) -> float:
    return math.pow(value, 2.6) * 52.37 / 48


def _perceptual_quantizer(value: float) -> float:
    root = math.pow(value, 32 / 2523)
    return _dimmed(
        10_000 * (max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305)
    )


def _hybrid_log_gamma(value: float) -> float:
    dark, bright = value**2 / 3, (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return _dimmed(1000 * min(dark if value <= 0.5 else bright, 1) ** 1.2)


def _dimmed(luminance: float) -> float:
    """Return the share of white as which Chromium shows a luminance, in cd/m2, on an SDR screen."""
    relative = luminance / SDR_WHITE
    if relative <= 1:
        return relative / 2
    return (1 + math.pow(math.log(relative) / math.log(1000 / SDR_WHITE), 0.85)) / 2


#: Other transfer characteristics.
CURVES = {
    7: _smpte_240,
    13: _srgb,
    16: _perceptual_quantizer,
    17: _smpte_428,
    18: _hybrid_log_gamma,
}


def _profile(curve: Callable[[float], float], primaries: Vector) -> bytes:
    """Return a profile (ICC.1) for values of 8 bits, or nothing for impossible primaries."""
    values = [min(65_535, round(curve(value / 255) * 65_535)) for value in range(256)]
    tags = dict.fromkeys(("rTRC", "gTRC", "bTRC"), struct.pack(">4s4xI256H", b"curv", 256, *values))
    try:
        for name, xyz in zip(("rXYZ", "gXYZ", "bXYZ"), _colorants(primaries), strict=True):
            tags[name] = b"XYZ \0\0\0\0" + _fixed(xyz)
    except (ArithmeticError, struct.error):
        return b""
    tags["wtpt"] = b"XYZ \0\0\0\0" + _fixed(D50)
    data, table, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4s2I", name.encode(), start + len(data), len(tag))
        data += tag
    kind = b"\2\x10\0\0mntrRGB XYZ "
    header = struct.pack(">I4x16s12x4s28x12s48x", start + len(data), kind, b"acsp", _fixed(D50))
    return header + struct.pack(">I", len(tags)) + table + data


def _fixed(xyz: Vector) -> bytes:
    return struct.pack(">3i", *(round(value * 65_536) for value in xyz))


def _colorants(primaries: Vector) -> list[Vector]:
    """Return red, green and blue in XYZ, with D50 as their white."""
    if not all(0 <= value <= 1 for value in primaries):
        raise ArithmeticError
    points = zip(primaries[::2], primaries[1::2], strict=True)
    white, red, green, blue = ([x, y, 1 - x - y] for x, y in points)
    white = [value / white[1] for value in white]
    gains = list(map(truediv, _times(BRADFORD, D50), _times(BRADFORD, white)))
    colorants = []
    for colour, *others in ((red, green, blue), (green, blue, red), (blue, red, green)):
        # The amounts of all three make white.
        normal = _cross(*others)
        amount = _dot(normal, white) / _dot(normal, colour)
        cones = [
            amount * gain * cone for gain, cone in zip(gains, _times(BRADFORD, colour), strict=True)
        ]
        colorants.append(_times(BRADFORD_INVERSE, cones))
    return colorants


def _times(matrix: Sequence[Vector], vector: Vector) -> Vector:
    return [_dot(row, vector) for row in matrix]


def _dot(a: Vector, b: Vector) -> float:
    return float(sum(map(mul, a, b)))


def _cross(a: Vector, b: Vector) -> Vector:
    return [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]
