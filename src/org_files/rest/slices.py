"""Slices of ordered lists, read by the indexes that serve the order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import Q, QuerySet

from org_files.rest.ordering import Term, beyond, ordered

TOTALS = ("download_count", "last_downloaded_at")


@dataclass(frozen=True, kw_only=True)
class Slice:
    """``size`` rows of a list in the order of ``terms``, by their number or next to a row."""

    queryset: QuerySet[Any]
    terms: Sequence[Term]
    size: int
    #: The number of rows before the slice.
    start: int = 0
    #: Values of the terms in the row that precedes the slice; that follows it, if ``backward``.
    position: Sequence[Any] = ()
    #: Whether the slice is read in reverse order.
    backward: bool = False
    #: Whether the database sorts all rows of the list for the slice, since no index serves it.
    is_sorted: bool = False
    #: Returns conditions that divide the list into parts, each of which an index has in order.
    divisions: Callable[[], Sequence[Q]] = tuple

    def fetch(self) -> tuple[list[Any], int]:
        """Return the rows, and how many were found: one more than ``size`` if there are more."""
        stop = self.start + self.size + 1
        parts = list(self._parts())
        if len(parts) == 1 and not self.start and not self.is_sorted:
            found = list(parts[0][:stop])
            return found[: self.size], len(found)
        return self._fetch_by_keys(parts, stop)

    def count(self, limit: int) -> int:
        """Return the number of rows of the whole list, or ``limit`` if there are more."""
        first, *others = (rows.order_by().values("pk") for rows in self._divided(self.queryset))
        if others:
            first = first[:limit].union(*(rows[:limit] for rows in others), all=True)
        return first[:limit].count()

    def _fetch_by_keys(self, parts: Sequence[QuerySet[Any]], stop: int) -> tuple[list[Any], int]:
        """Sort, merge and count off rows by keys and values of terms; read those of the page."""
        columns = dict.fromkeys(["pk", *(term.source for term in self.terms)])
        if not columns.keys().isdisjoint(TOTALS):  # Both are of one moment.
            columns |= dict.fromkeys(TOTALS)
        merged, *others = (rows.values(*columns) for rows in parts)
        if others:
            merged = merged[:stop].union(*(rows[:stop] for rows in others), all=True)
            merged = ordered(merged, self.terms, backward=self.backward)
        found = list(merged[self.start : stop])
        page = found[: self.size]
        rows = self.queryset.order_by().in_bulk([values["pk"] for values in page])
        # Rows may have been removed or hidden since.
        page = [values for values in page if values["pk"] in rows]
        for values in page:
            # A cursor is made of the values that the rows were sorted by. They may have changed.
            for name in columns.keys() - {"pk"}:
                setattr(rows[values["pk"]], name, values[name])
        return [rows[values["pk"]] for values in page], len(found)

    @property
    def _is_by_total(self) -> bool:
        from org_files.models import AbstractFile

        return self.terms[0].source in TOTALS and issubclass(self.queryset.model, AbstractFile)

    def _parts(self) -> Iterator[QuerySet[Any]]:
        """Yield disjoint parts of the list in its order, of which indexes serve all long ones."""
        from org_files import counters

        split = counters.split_pending(self.queryset) if self._is_by_total else None
        if split is None:
            for rows in self._divided(self.queryset):
                yield self._placed(rows, self.terms, self.position)
            return
        settled, pending = split
        yield self._placed(pending, self.terms, self.position)
        for rows in self._divided(settled):
            yield from self._parts_by_total(rows)

    def _parts_by_total(self, rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
        first, *rest = self.terms
        if not first.is_nullable:
            yield self._placed(rows, self.terms, self.position)
            return
        # Nulls are last in the list in both directions, but at one end of the index.
        terms = [Term(first.source, first.is_descending), *rest]
        null = {f"folded_{first.source}__isnull": True}
        is_among_nulls = bool(self.position) and self.position[0] is None
        if self.backward or not is_among_nulls:
            position = () if is_among_nulls else self.position
            yield self._placed(rows.exclude(**null), terms, position)
        if is_among_nulls or not self.backward:
            position = self.position[1:] if is_among_nulls else ()
            nulls = rows.filter(**null)
            if position:
                nulls = beyond(nulls, rest, position, backward=self.backward)
            yield self._placed(nulls, terms, ())

    def _divided(self, rows: QuerySet[Any]) -> list[QuerySet[Any]]:
        if connections[rows.db].vendor != "postgresql":
            return [rows]
        return [rows.filter(condition) for condition in self.divisions()] or [rows]

    def _placed(
        self, rows: QuerySet[Any], terms: Sequence[Term], position: Sequence[Any]
    ) -> QuerySet[Any]:
        if position:
            rows = beyond(rows, terms, position, backward=self.backward)
        return ordered(rows, terms, backward=self.backward)
