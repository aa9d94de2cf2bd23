"""Decodes a picture: in a thread of a web worker, or as a program of its own.

As a program it starts often and knows nothing of the site, so this imports neither Django nor the
rest of this package, and Pillow only once there are bounds to what it may take.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image, ImageFile

__all__ = ["READY", "Encoded", "Job", "decode", "draft_scale"]

#: What the program says when it is about to decode, so that a failure before it is the site's.
READY = b"ready\n"

#: A picture is decoded at no less than this multiple of the largest size asked for. What it then
#: differs from one that is decoded whole (41 dB in a noisy photograph) is less than what QUALITY
#: takes away.
DRAFT_GAP = 1.25
#: For all other scaling, Pillow's measure of the same.
REDUCING_GAP = 3.0
QUALITY = 85

# Turned to what EXIF's orientation means, by Pillow's names.
TRANSPOSES = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


@dataclass(frozen=True)
class Job:
    """What is to be made of which picture."""

    content_type: str
    #: Pixels as stored.
    width: int
    height: int
    orientation: int
    #: Width and height of every result, upright.
    sizes: tuple[tuple[int, int], ...]

    def stored(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return an upright size as it is before the picture is turned."""
        return (size[1], size[0]) if self.orientation > 4 else size


@dataclass(frozen=True)
class Encoded:
    """A picture that was made."""

    content: bytes
    content_type: str
    width: int
    height: int


def draft_scale(job: Job) -> int:
    """Return by how much libjpeg may scale down while it decodes: 1, 2, 4 or 8."""
    for scale in (8, 4, 2):
        if all(
            width * DRAFT_GAP * scale <= job.width and height * DRAFT_GAP * scale <= job.height
            for width, height in map(job.stored, job.sizes)
        ):
            return scale
    return 1


def decode(stream: IO[bytes], job: Job) -> Iterator[Encoded]:
    """Yield the picture in ``stream`` in each of the job's sizes. It is decoded once.

    What is wrong with the picture is raised as whatever Pillow makes of it.
    """
    from PIL import Image

    image = _open(stream, job)
    profile = image.info.get("icc_profile")
    flat = _flat(image)
    del image
    for size in job.sizes:
        scaled = flat.resize(job.stored(size), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
        if job.orientation in TRANSPOSES:
            scaled = scaled.transpose(Image.Transpose[TRANSPOSES[job.orientation]])
        yield _encoded(_in_srgb(scaled, profile))


def _open(stream: IO[bytes], job: Job) -> ImageFile.ImageFile:
    # By its class: Image.open warns of what the host site takes for too many pixels, and looks
    # for further pictures inside.
    image: ImageFile.ImageFile = _plugin(job.content_type)(stream)
    if image.size != (job.width, job.height):
        raise ValueError(f"The size is {image.size}, not {job.width} x {job.height}.")
    if job.content_type == "image/jpeg" and (scale := draft_scale(job)) > 1:
        image.draft(None, (job.width // scale, job.height // scale))
    image.load()
    return image


def _plugin(content_type: str) -> Any:
    """Return Pillow's class for ``content_type``; the others are not even imported."""
    if content_type == "image/jpeg":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile
    if content_type == "image/png":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if content_type == "image/webp":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    from PIL.GifImagePlugin import GifImageFile

    return GifImageFile


def _flat(image: Image.Image) -> Image.Image:
    """Return ``image`` in a mode that can be scaled: L, RGB, CMYK, or RGBa for transparency."""
    if image.mode.startswith("I"):
        # A transparent shade of 16 bits has no counterpart among 8.
        return image.convert("I").point([value >> 8 for value in range(65_536)], "L")
    if image.has_transparency_data:
        # Converting makes a copy, even where there is nothing to convert.
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        # Colours weigh as much as they are seen, or what is hidden bleeds into the edges.
        return image.convert("RGBa")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return ``image`` in L, RGB or RGBA, in sRGB."""
    alpha = None
    if image.mode == "RGBa":
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    if profile:
        image = _converted(image, profile)
    if image.mode == "CMYK":
        image = image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        image = image.convert("RGB")
        image.putalpha(alpha)
    return image


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    """Return ``image`` converted to sRGB, or as it is where the profile is broken or another's."""
    from PIL import ImageCms

    mode = "L" if image.mode == "L" else "RGB"
    if profile[16:20] == b"GRAY" and image.mode == "RGB":
        # Grey, and RGB only because it is transparent (ICC.1, 7.2.8).
        image = image.convert("L")
    try:
        converted = ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, ImportError):  # or Pillow was built without littlecms
        return image
    return image if converted is None else converted.convert(mode)


def _encoded(image: Image.Image) -> Encoded:
    content = io.BytesIO()
    # Some of it would be written otherwise.
    image.info = {}
    if image.mode == "RGBA":
        content_type = "image/png"
        image.save(content, "PNG")
    else:
        content_type = "image/jpeg"
        image.save(content, "JPEG", quality=QUALITY, optimize=True)
    return Encoded(content.getvalue(), content_type, *image.size)


def confine(memory: int, cpu_seconds: int, seconds: int) -> None:
    """Bound what this process may take: bytes of address space, seconds of CPU and by the clock."""
    if sys.platform != "win32":
        import resource
        import signal
        from contextlib import suppress
        from pathlib import Path

        # Should the parent be killed, nobody else ends this.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        bounds = {
            resource.RLIMIT_AS: memory,
            resource.RLIMIT_CPU: cpu_seconds,
            resource.RLIMIT_FSIZE: memory,
            resource.RLIMIT_CORE: 0,
        }
        for kind, bound in bounds.items():
            _, hard = resource.getrlimit(kind)
            most = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
            # macOS refuses some.
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
        # Where the machine itself runs out of memory, Linux ends this rather than the site.
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def main(arguments: str) -> None:
    """Decode the picture in stdin to stdout, and say in stderr what was made.

    A picture that cannot be decoded ends this with a traceback.
    """
    given = json.loads(arguments)
    confine(**given["bounds"])
    sizes = tuple((width, height) for width, height in given["job"].pop("sizes"))
    job = Job(**given["job"], sizes=sizes)
    _plugin(job.content_type)
    sys.stderr.buffer.write(READY)
    sys.stderr.buffer.flush()
    made = []
    for picture in decode(sys.stdin.buffer, job):
        sys.stdout.buffer.write(picture.content)
        made.append((len(picture.content), picture.content_type, picture.width, picture.height))
    sys.stdout.buffer.flush()
    sys.stderr.write(json.dumps(made))


if __name__ == "__main__":
    main(sys.argv[1])
