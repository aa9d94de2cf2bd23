"""What is known of a picture, what is asked for, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import IO

__all__ = ["Box", "PictureInfo", "ScaledPicture"]

SUFFIXES = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True)
class PictureInfo:
    """What the headers of a picture say."""

    content_type: str
    #: Pixels, as it is to be shown: turned upright.
    width: int
    #: Pixels, as it is to be shown: turned upright.
    height: int
    #: Whether there is more than one frame. Only the first is ever decoded.
    is_animated: bool

    @property
    def format(self) -> str:
        """``"JPEG"``, ``"PNG"``, ``"WEBP"`` or ``"GIF"``."""
        return self.content_type.removeprefix("image/").upper()


@dataclass(frozen=True)
class Box:
    """The room for a picture, in pixels; ``None`` is as much as it likes."""

    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where no picture fits."""
        if any(side is not None and side < 1 for side in (self.width, self.height)):
            raise ValueError(f"No picture fits {self.width} x {self.height} pixels.")

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Return the largest size within, of the same shape, but never above the given one."""
        scale = min(
            Fraction(1),
            Fraction(self.width or width, width),
            Fraction(self.height or height, height),
        )
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True)
class ScaledPicture:
    """A picture that was made: upright, in sRGB, without metadata."""

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
        """What the name of a file of this type ends with, without the dot."""
        return SUFFIXES[self.content_type]
