"""A program that decodes pictures, one after the other.

It imports neither Django nor the rest of this package, so that it starts quickly. The site writes
a job to its standard input and reads the results from its standard output:

1. the site: a line of JSON, with the bounds, the format and the size of the content;
2. the program: a line, once its bounds are set;
3. the site: the content;
4. the program: a line, width and height upright, and whether there is more than one frame;
5. the site: a line, the sizes to make;
6. the program: for each size a line, followed by the bytes of the picture.

In place of 4 and 6 the program answers with a line that has an ``error``, and ends.
"""

import io
import json
import os
import struct
import sys
import time
import warnings
from _thread import start_new_thread
from contextlib import suppress
from functools import cache
from importlib import import_module
from math import ceil
from typing import IO, Any

from PIL import Image, ImageOps

#: Pillow's modules of formats.
PLUGINS = {"GIF": "Gif", "JPEG": "Jpeg", "PNG": "Png", "WEBP": "WebP"}

#: A JPEG is decoded at no less than this multiple of the largest result. The difference to a
#: picture decoded whole (41 dB in a noisy photograph) is smaller than what QUALITY takes away.
DRAFT_GAP = 1.25
#: Pillow's measure for all other scaling.
REDUCING_GAP = 3.0
QUALITY = 85
#: Pixels of a JPEG that is decoded row by row, in a smaller size.
JPEG_PIXELS = 200_000_000
ORIENTATION = 0x0112
#: Bytes of EXIF that are read: in a JPEG it has one segment.
LONGEST_EXIF = 65_536
#: What Pillow raises for broken metadata.
BROKEN = (LookupError, SyntaxError, TypeError, ValueError, struct.error)
#: What Pillow raises for a picture of too many pixels.
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
#: Jobs after which the program ends, so that nothing in it grows for ever.
JOBS = 200


def confine(*, seconds: int, cpu_seconds: int, memory: int) -> None:
    """Bound what this process may take from now on, by the clock, of CPU and in bytes."""
    if sys.platform == "win32":
        return
    import resource
    import signal

    # Ends this process also where the site was killed meanwhile.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: ceil(time.process_time()) + cpu_seconds,
        resource.RLIMIT_FSIZE: memory,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        soft = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        # CPU seconds are counted from the first picture on, so their bound grows with each.
        hard = hard if kind == resource.RLIMIT_CPU else soft
        # macOS refuses some.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, hard))
    # Where the machine runs out of memory, Linux ends this process rather than the site. Not by
    # pathlib, whose import takes as long as that of a format.
    with suppress(OSError), open("/proc/self/oom_score_adj", "wb") as score:  # noqa: PTH123
        score.write(b"1000")


def serve(jobs: IO[bytes], results: IO[bytes]) -> None:
    """Do jobs until there are no more, or one fails."""
    # Else the first picture waits for the import of six formats.
    Image._initialized = 1
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for _ in range(JOBS):
        line = jobs.readline()
        if not line:
            return
        job = json.loads(line)
        confine(**job["bounds"])
        _say(results)
        content = io.BytesIO(jobs.read(job["size"]))
        is_jpeg = job["format"] == "JPEG"
        Image.MAX_IMAGE_PIXELS = max(job["pixels"], JPEG_PIXELS) if is_jpeg else job["pixels"]
        try:
            _do(job, content, jobs, results)
        except Exception as error:  # noqa: BLE001  the site has to hear of it, whatever it is
            import traceback

            _say(results, error="large" if isinstance(error, BOMB) else traceback.format_exc())
            return
        del content
        confine(**job["bounds"] | {"seconds": job["idle_seconds"]})


def _say(results: IO[bytes], **said: Any) -> None:
    results.write(json.dumps(said).encode() + b"\n")
    results.flush()


def _do(job: dict[str, Any], content: io.BytesIO, jobs: IO[bytes], results: IO[bytes]) -> None:
    plugin = _plugin(job["format"])
    if job["format"] == "PNG":
        # Texts and profiles are bounded by the memory of this process.
        plugin.MAX_TEXT_CHUNK = plugin.MAX_TEXT_MEMORY = job["bounds"]["memory"]
    # Imported with this program, from its folder.
    rows = import_module("rows")
    if job["format"] == "WEBP":
        rows.end_webp(content)
    scans = import_module("jpeg_scans").JpegScans(content) if job["format"] == "JPEG" else None
    image = Image.open(content, formats=[job["format"]])
    # All coefficients of other JPEGs are held in memory.
    is_bounded = scans is None or not scans.is_by_row
    if max(image.size) > job["side"] or (is_bounded and _pixels(image) > job["pixels"]):
        raise Image.DecompressionBombError(f"The size is {image.size}.")
    orientation = _orientation(image, content)
    is_turned = orientation >= 5
    width, height = reversed(image.size) if is_turned else image.size
    _say(results, width=width, height=height, is_animated=rows.is_animated(image))
    sizes = [tuple(size[::-1] if is_turned else size) for size in json.loads(jobs.readline())]
    if not sizes:
        return
    widest, highest = (ceil(max(sides) * DRAFT_GAP) for sides in zip(*sizes, strict=True))
    image.draft(None, (widest, highest))
    if _pixels(image) > job["pixels"]:
        raise Image.DecompressionBombError(f"The size is {image.size}.")
    colours = import_module("colours").Colours(image, content)
    if scans is None:
        rows.feed_rows(image, content)
    else:
        scans.feed(image)
    image.load()
    if scans is not None:
        scans.check(image, (widest, highest))
    flat = colours.flat(image)
    del image
    for size in sizes:
        scaled = flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
        # Pillow turns it by this alone: other metadata may be broken.
        scaled.info = {}
        scaled.getexif()[ORIENTATION] = orientation
        upright = ImageOps.exif_transpose(scaled)
        made, content_type = _encoded(colours.in_srgb(upright))
        _say(results, size=len(made), content_type=content_type)
        results.write(made)
        results.flush()


def _pixels(image: Image.Image) -> int:
    return image.width * image.height


def _orientation(image: Image.Image, content: IO[bytes]) -> int:
    """Return the orientation that EXIF gives, 1 to 8; 1 if there is none or it is broken."""
    data = _png_exif(content) if image.format == "PNG" else image.info.get("exif", b"")
    exif = Image.Exif()
    # Pillow raises many kinds for broken EXIF.
    with suppress(Exception):
        exif.load(data[:LONGEST_EXIF])
        orientation = exif.get(ORIENTATION)
        if isinstance(orientation, int) and 1 <= orientation <= 8:
            return orientation
    return 1


def _png_exif(content: IO[bytes]) -> bytes:
    """Return the EXIF of a PNG. Pillow would decode the pixels to find it."""
    position, data = content.tell(), b""
    content.seek(8)
    while not data and len(head := content.read(8)) == 8:
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"eXIf":
            data = content.read(min(length, LONGEST_EXIF))
        content.seek(length + 4, os.SEEK_CUR)
    content.seek(position)
    return data


@cache
def _plugin(name: str) -> Any:
    """Return Pillow's module of a format. Broken metadata, which it refuses, is ignored."""
    plugin = import_module(f"PIL.{PLUGINS[name]}ImagePlugin")
    if name == "JPEG":
        _ignore_broken_segments(plugin)
    if name == "PNG":
        _ignore_broken_chunks(plugin)
    return plugin


def _ignore_broken_segments(plugin: Any) -> None:
    def read_segment(image: Any, marker: int) -> None:
        with suppress(*BROKEN):
            plugin.APP(image, marker)
        # Pillow reads the number of parts of a profile from the 14th byte.
        image.icclist = [part for part in image.icclist if len(part) >= 14]

    for marker in range(0xFFE0, 0xFFF0):
        plugin.MARKER[marker] = (*plugin.MARKER[marker][:2], read_segment)
    # Not as a photograph with others inside, which Pillow reads as one of several frames.
    Image.register_open("JPEG", plugin.JpegImageFile, plugin._accept)


def _ignore_broken_chunks(plugin: Any) -> None:
    class Chunks(plugin.PngStream):  # type: ignore[misc]
        def call(self, cid: bytes, pos: int, length: int) -> Any:
            try:
                return super().call(cid, pos, length)
            except BROKEN:
                if not cid[:1].islower():
                    raise
                self.fp.seek(pos)
                return self.fp.read(length)

        def crc(self, cid: bytes, data: bytes) -> None:
            # A chunk of lower case is not needed for the pixels (PNG, Third Edition, 5.4).
            if cid[:1].islower():
                self.crc_skip(cid, data)
            else:
                super().crc(cid, data)

    plugin.PngStream = Chunks


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """Return the file of ``image``, without metadata, and its content type."""
    content = io.BytesIO()
    # Pillow writes some of it otherwise.
    image.info = {}
    if image.mode == "RGBA":
        _plugin("PNG")
        image.save(content, "PNG")
        return content.getvalue(), "image/png"
    _plugin("JPEG")
    image.save(content, "JPEG", quality=QUALITY, optimize=True)
    return content.getvalue(), "image/jpeg"


def _end_with(site: int) -> None:
    """End this process soon after the site, whose turn is free once it has ended."""
    while os.getppid() == site:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Serve the site that has started this process."""
    start_new_thread(_end_with, (os.getppid(),))
    # Only the protocol's lines go to it.
    results = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    serve(sys.stdin.buffer, results)
