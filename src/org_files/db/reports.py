"""Reports of verifications."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Report:
    """Findings of a verification, with the number of rows and blobs that it checked, by kind.

    Findings are dataclasses whose ``str`` is a sentence.
    """

    findings: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)
