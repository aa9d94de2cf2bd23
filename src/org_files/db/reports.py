"""Reports of verifications, and why a repair is refused."""

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


@dataclass(frozen=True)
class Refusal:
    """One reason why a repair is refused.

    ``code`` is ``no_owner``, ``other_owner``, ``other_writers``, ``too_many_orphans``,
    ``too_many_gone``, ``row_security``, of a move ``same_storage``, or of an import
    ``unreadable_table``; ``check`` is the check that must not repair; ``message`` is one sentence.
    """

    check: str
    code: str
    message: str


class RepairRefused(Exception):
    """A repair that was refused, and changed nothing, for the reasons in ``refusals``."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("\n".join(dict.fromkeys(refusal.message for refusal in refusals)))
        self.refusals = refusals
