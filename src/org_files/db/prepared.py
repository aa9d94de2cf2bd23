"""Querysets that are compiled once, with slots for values that come later.

Compiling takes longer than the database takes for the statement of a download.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Expression, Q, QuerySet

__all__ = ["REQUESTER", "PreparedQuery", "Slot", "fill"]

#: The annotation of a query of files with the user who asks, where only the database knows.
REQUESTER = "org_files_requester_id"


class Slot(Expression):
    """A value that is not known yet. Compiled SQL has the slot among its parameters."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True)
class PreparedQuery:
    """A queryset whose SQL depends on ``key`` alone."""

    key: Hashable
    #: The values of the slots, by name, as the database takes them.
    values: Mapping[str, Any]
    #: Makes the queryset with slots.
    template: Callable[[], QuerySet[Any]]
    #: Makes the queryset with values.
    queryset: Callable[[], QuerySet[Any]]

    def filter(self, condition: Q) -> PreparedQuery:
        """Return the query with a further condition, as ``QuerySet.filter`` does."""
        return replace(
            self,
            key=(self.key, condition),
            template=lambda: self.template().filter(condition),
            queryset=lambda: self.queryset().filter(condition),
        )


def fill(params: Sequence[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return ``params`` with the value of its name in place of every slot."""
    return [values[param.name] if isinstance(param, Slot) else param for param in params]
