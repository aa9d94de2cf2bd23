"""Jobs that may run at any time, as often as one likes, and from several places at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from org_files import counters

__all__ = ["JOBS", "Progress", "fold"]

#: Told how many rows each batch has dealt with.
Progress = Callable[[int], None]


def fold(progress: Progress) -> dict[str, int]:
    """Fold pending downloads into the totals, and forget marks of partial downloads."""
    return {
        "downloads": counters.fold(on_batch=progress),
        "range_grants": counters.forget_grants(),
    }


#: What ``org_files_maintenance`` runs, by name. Each returns what it counted.
JOBS: Mapping[str, Callable[[Progress], dict[str, int]]] = {"fold": fold}
