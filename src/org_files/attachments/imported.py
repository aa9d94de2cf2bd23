"""The report of an import."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """A row whose file was not imported, or whose old file stays."""

    pk: str
    #: What the column names.
    name: str
    #: The code of an error, or ``missing``, ``no_organization``, ``changed``, ``damaged``,
    #: ``taken`` or ``shared``.
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.pk} ({self.name}): {self.message}"


@dataclass
class Imported:
    """Numbers of files, and the rows with a problem."""

    imported: int = 0
    #: Bytes of these.
    bytes: int = 0
    #: Those that an earlier run has imported.
    there: int = 0
    #: Those that an earlier run has imported, and that were trashed or removed since.
    removed: int = 0
    #: Imported files that were trashed, because their column names another file now.
    replaced: int = 0
    #: Columns that were emptied.
    emptied: int = 0
    #: Old files that were removed.
    deleted: int = 0
    problems: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)

    def add_problem(self, pk: Any, name: str, code: str, message: str) -> None:
        """Add the problem of one row."""
        self.problems.append(Problem(str(pk), name, code, message))
