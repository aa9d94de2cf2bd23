"""Contents made of text and sound: each is a real file of its kind."""

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

#: Points: A4.
PAGE_WIDTH, PAGE_HEIGHT = 595, 842


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
    """Return a PDF of one page (ISO 32000-1 §7.5), in the characters of Latin-1."""
    drawing = "\n".join(
        [
            "BT",
            f"/F2 20 Tf 1 0 0 1 64 {PAGE_HEIGHT - 90} Tm ({_escape(title)}) Tj",
            f"/F1 11 Tf 17 TL 1 0 0 1 64 {PAGE_HEIGHT - 130} Tm",
            *(f"({_escape(line)}) Tj T*" for line in lines),
            "ET",
        ]
    ).encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>" % (PAGE_WIDTH, PAGE_HEIGHT),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        _font(b"Helvetica"),
        _font(b"Helvetica-Bold"),
        b"<< /Title (%s) >>" % _escape(title).encode("cp1252"),
    ]
    content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        content += b"%010d 00000 n \n" % offset
    content += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(content)


def _font(name: bytes) -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>" % name


def _escape(value: str) -> str:
    for character in "\\()":
        value = value.replace(character, f"\\{character}")
    return value
