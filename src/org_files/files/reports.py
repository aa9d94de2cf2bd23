"""Findings of the verification of files and usage."""

from __future__ import annotations

from dataclasses import dataclass

_STORE_TEXTS = {
    "orphan": "bytes without a file",
    "missing": "the bytes of a file are missing",
    "size": "the bytes of a file do not have the size that its row says",
    "digest": "the bytes of a file do not have the SHA-256 that its row says",
    "link": "a symbolic link stands in place of the bytes of a file",
}


@dataclass(frozen=True)
class StoreFinding:
    """A blob without a row, or a row whose blob is missing or damaged."""

    kind: str
    key: str
    repaired: bool = False

    def __str__(self) -> str:
        return f"{self.key}: {_STORE_TEXTS[self.kind]}{' (removed)' if self.repaired else ''}"


@dataclass(frozen=True)
class UsageFinding:
    """An organization whose counted usage differs from its files."""

    organization: str
    bytes_stored: int
    file_count: int
    counted_bytes: int
    counted_files: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        return (
            f"organization {self.organization}: {self.bytes_stored} bytes in {self.file_count} "
            f"files, counted were {self.counted_bytes} in {self.counted_files}{after}"
        )
