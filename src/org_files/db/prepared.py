"""Querysets that are compiled once: places for values that are not known yet.

Compiling takes longer than a plain download's statement takes in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Expression, QuerySet

__all__ = ["PreparedQuery", "Slot", "fill"]


class Slot(Expression):
    """Stands for a value in a query. What the query compiles to has the slot as its parameter."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return a placeholder, and the slot for its parameter."""
        return "%s", [self]


@dataclass(frozen=True)
class PreparedQuery:
    """A queryset whose SQL depends on ``key`` alone, for who can use the compiled form."""

    key: Hashable
    #: What belongs into the slots, by name, as the database takes it.
    values: Mapping[str, Any]
    #: Makes the queryset with slots.
    template: Callable[[], QuerySet[Any]]
    #: Makes the queryset with values.
    queryset: Callable[[], QuerySet[Any]]


def fill(params: Sequence[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return ``params`` with the value of its name in place of every slot."""
    return [values[param.name] if isinstance(param, Slot) else param for param in params]
