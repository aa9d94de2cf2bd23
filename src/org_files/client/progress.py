"""A progress bar on a terminal."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

INTERVAL = 0.1
MIB = 1024 * 1024


class Bar:
    """Draws how far one file is, on one line of a terminal that is overwritten."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = printable(name)
        self._drawn = self._began = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, size: int) -> None:
        """Draw, at most ten times a second."""
        now = time.monotonic()
        if self._first is None:
            self._first = done
        if now - self._drawn < INTERVAL and done < size:
            return
        self._drawn = now
        rate = max(0, done - self._first) / max(now - self._began, 0.001)
        line = line_of(self._name, done, size, rate, shutil.get_terminal_size().columns)
        self._stream.write(f"\r{line}")
        self._stream.flush()

    def close(self) -> None:
        """Remove the line."""
        self._stream.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
        self._stream.flush()


def line_of(name: str, done: int, size: int, rate: float, columns: int) -> str:
    """Return the line of a bar; ``rate`` is in bytes a second."""
    part = done / size if size else 1.0
    left = f"{_clock((size - done) / rate)} left" if rate else "--:-- left"
    tail = f" {part:4.0%} {done / MIB:,.1f}/{size / MIB:,.1f} MiB {rate / MIB:,.1f} MiB/s {left}"
    space = columns - 1 - len(tail)
    width = max(0, min(30, space - 20))
    filled = round(width * part)
    bar = f" [{'#' * filled}{'.' * (width - filled)}]" if width > 4 else ""
    shown = name[: max(0, space - len(bar))]
    return f"{shown}{bar}{tail}"[: columns - 1].ljust(columns - 1)


def printable(text: str) -> str:
    """Return ``text`` without characters that a terminal would obey."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(min(seconds, 359_999)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"
