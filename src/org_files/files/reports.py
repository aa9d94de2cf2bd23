"""Reports of verifications."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Report", "StoreFinding", "UsageFinding"]

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


@dataclass(frozen=True)
class Report:
    """The findings of one check, with the number of rows and blobs that it looked at."""

    findings: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)
