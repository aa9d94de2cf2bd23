"""A web worker that scales one picture over and over, each in its own way: a process of its own.

    python -m benchmarks.scalers <one of SCALERS> <file of a picture>

Says what it made in a line of JSON, and by how many MiB it grew for that; then, for each line with
a number of seconds that it reads, what it did in that time, at least one turn.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processor import children as children_of
from benchmarks.processor import processor_seconds

MIB = 1024 * 1024

HEIGHTS = (200, 400)
#: Of the JPEGs that all of them write.
QUALITY = 85

#: Takes a file's path, returns the JPEGs of all heights.
Scaler = Callable[[Path], list[bytes]]


def ours() -> Scaler:
    """Both heights of one decoding, as the site's worker asks for them."""
    from org_files.renditions import Box, scale

    boxes = [Box(height=height) for height in HEIGHTS]

    def make(path: Path) -> list[bytes]:
        with path.open("rb") as content:
            made = scale(content, boxes)
        results = []
        for picture in made:
            with picture.content as file:
                results.append(file.read())
        return results

    return make


def pillow() -> Scaler:
    """One height after the other: open, load, thumbnail, save."""
    from PIL import Image

    def make(path: Path) -> list[bytes]:
        results = []
        for height in HEIGHTS:
            with Image.open(path) as image:
                image.load()
                image.thumbnail((image.width, height))
                content = io.BytesIO()
                image.save(content, "JPEG", quality=QUALITY)
            results.append(content.getvalue())
        return results

    return make


def easy_thumbnails() -> Scaler:
    """Its thumbnailer as it is set by default; nothing is looked up in a database or stored."""
    from django.core.files import File
    from easy_thumbnails.files import get_thumbnailer

    def make(path: Path) -> list[bytes]:
        with path.open("rb") as content:
            thumbnailer = get_thumbnailer(File(content), relative_name=path.name)
            return [
                thumbnailer.generate_thumbnail({"size": (0, height), "quality": QUALITY}).read()
                for height in HEIGHTS
            ]

    return make


def vips() -> Scaler:
    """``vips_thumbnail`` for each height. What it remembers of other calls is switched off."""
    import pyvips

    pyvips.cache_set_max(0)

    def make(path: Path) -> list[bytes]:
        return [
            pyvips.Image.thumbnail(
                str(path), 100 * height, height=height, size="down"
            ).jpegsave_buffer(Q=QUALITY, optimize_coding=True)
            for height in HEIGHTS
        ]

    return make


SCALERS: dict[str, Callable[[], Scaler]] = {
    "ours": ours,
    "Pillow": pillow,
    "easy-thumbnails": easy_thumbnails,
    "pyvips": vips,
}


def main(name: str, path: Path) -> None:
    """Scale on request."""
    make = SCALERS[name]()
    idle = _memory("VmRSS")
    made = make(path)
    peak = _memory("VmHWM", children=True)
    growth = None if idle is None or peak is None else (peak - idle) / MIB
    _say({**_likeness(path, made), "growth": growth})
    for line in sys.stdin:
        _say(_turn(make, path, float(line)))


def resident(which: str, pid: int | str = "self") -> int:
    """Return bytes of a process: ``VmRSS`` of this moment, ``VmHWM`` at most."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    [line] = [line for line in lines if line.startswith(which)]
    return int(line.split()[1]) * 1024


def _turn(make: Scaler, path: Path, seconds: float) -> dict[str, Any]:
    times: list[float] = []
    processor = processor_seconds(os.getpid())
    began = time.perf_counter()
    while not times or time.perf_counter() - began < seconds:
        before = time.perf_counter()
        make(path)
        times.append(time.perf_counter() - before)
    return {"times": times, "processor": processor_seconds(os.getpid()) - processor}


def _likeness(path: Path, made: list[bytes]) -> dict[str, Any]:
    """Return what the results are, and how near each is to the picture decoded whole, in dB."""
    from PIL import Image, ImageChops, ImageStat

    found: dict[str, Any] = {"formats": [], "sizes": [], "bytes": list(map(len, made)), "dB": []}
    with Image.open(path) as whole:
        for content in made:
            image = Image.open(io.BytesIO(content))
            best = whole.resize(image.size, Image.Resampling.LANCZOS)
            statistics = ImageStat.Stat(ImageChops.difference(image.convert("RGB"), best))
            error = sum(statistics.sum2) / sum(statistics.count)
            found["formats"].append(image.format)
            found["sizes"].append(image.size)
            found["dB"].append(10 * math.log10(255**2 / error) if error else math.inf)
    return found


def _memory(which: str, *, children: bool = False) -> int | None:
    if sys.platform != "linux":
        return None
    return resident(which) + sum(resident(which, pid) for pid in children_of() if children)


def _say(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    import django
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["easy_thumbnails"] if "easy-thumbnails" in sys.argv else [])
    django.setup()
    main(sys.argv[1], Path(sys.argv[2]))
