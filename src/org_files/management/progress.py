"""A line of progress on a terminal."""

import time
from typing import TextIO

#: Seconds between two changes of the line.
INTERVAL = 0.2


class Progress:
    """Shows how many of ``total`` items are done, on a terminal only."""

    def __init__(self, stream: TextIO, label: str, total: int) -> None:
        self.stream, self.label, self.total = stream, label, total
        self.done, self._shown = 0, -INTERVAL
        self._is_terminal = stream.isatty()

    def add(self, number: int = 1) -> None:
        """Count ``number`` more items."""
        self.done += number
        now = time.monotonic()
        if self._is_terminal and now - self._shown >= INTERVAL:
            self._shown = now
            self._write()

    def close(self) -> None:
        """End the line."""
        if self._is_terminal:
            self._write()
            self.stream.write("\n")

    def _write(self) -> None:
        share = 100 * self.done // self.total if self.total else 100
        self.stream.write(f"\r{self.label}: {self.done:,} of {self.total:,} ({share} %)")
        self.stream.flush()
