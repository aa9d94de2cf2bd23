"""Contents of the demo's documents, sounds and archives."""

from __future__ import annotations

import array
import csv
import io
import json
import math
import sys
import wave
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont


def text(*paragraphs: str) -> bytes:
    """Return plain text, or Markdown."""
    return ("\n\n".join(paragraphs) + "\n").encode()


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a CSV file (RFC 4180)."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(header)
    writer.writerows(rows)
    return lines.getvalue().encode()


def document(value: Any) -> bytes:
    """Return JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def tone(frequency: float, seconds: float) -> bytes:
    """Return a WAV file, mono, 44.1 kHz: a tone of so many hertz that fades out."""
    rate = 44_100
    count = int(rate * seconds)
    samples = array.array(
        "h",
        (
            int(
                16_000
                * math.sin(2 * math.pi * frequency * index / rate)
                * min(1, index / 400, 2 * (count - index) / count)
            )
            for index in range(count)
        ),
    )
    if sys.byteorder == "big":  # WAV is little-endian
        samples.byteswap()
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    return content.getvalue()


def archive(entries: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, entry in entries.items():
            packed.writestr(
                zipfile.ZipInfo(name, (2026, 3, 2, 9, 30, 0)), entry, zipfile.ZIP_DEFLATED
            )
    return content.getvalue()


def pdf(title: str, *lines: str) -> bytes:
    """Return a PDF of one page, A4. The font has no accented letters."""
    page = Image.new("L", (1190, 1684), "white")
    draw = ImageDraw.Draw(page)
    draw.text((128, 140), title, "black", ImageFont.load_default(40))
    draw.multiline_text(
        (128, 240), "\n".join(lines), "black", ImageFont.load_default(24), spacing=12
    )
    content = io.BytesIO()
    page.save(content, "PDF", resolution=144, title=title)
    return content.getvalue()
