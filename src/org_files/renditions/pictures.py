"""Values: the description of a picture, a box to fit it in, and a scaled picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import IO

from org_files.picture_types import PICTURES


@dataclass(frozen=True)
class PictureInfo:
    """The description of a picture."""

    content_type: str
    #: Pixels, upright.
    width: int
    #: Pixels, upright.
    height: int
    #: Whether there is more than one frame. Only the first is ever decoded.
    is_animated: bool

    @property
    def format(self) -> str:
        """``"JPEG"``, ``"PNG"``, ``"WEBP"`` or ``"GIF"``."""
        return PICTURES[self.content_type].pillow


@dataclass(frozen=True)
class Box:
    """The largest width and height of a result, in pixels; ``None`` is no limit."""

    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a side below 1."""
        if any(side is not None and side < 1 for side in (self.width, self.height)):
            raise ValueError(f"No picture fits {self.width} x {self.height} pixels.")

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the largest size of the same shape in this box, at most the given one."""
        scale = min(
            Fraction(1),
            Fraction(self.width or width, width),
            Fraction(self.height or height, height),
        )
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True)
class ScaledPicture:
    """A result: upright, in sRGB, without metadata."""

    #: Open for reading, at its beginning. Close it: a large one is a temporary file.
    content: IO[bytes]
    #: ``image/jpeg``, or ``image/png`` where something of it is transparent.
    content_type: str
    #: Pixels.
    width: int
    #: Pixels.
    height: int

    @property
    def suffix(self) -> str:
        """The suffix of a file name, without the dot."""
        return PICTURES[self.content_type].suffixes[0].removeprefix(".")
