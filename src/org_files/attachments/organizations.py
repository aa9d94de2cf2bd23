"""Organizations of objects that have attachments, of many in few statements."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.db.models import Subquery

from org_files.labels import Label

#: Keys in one statement.
BATCH_SIZE = 500


def organization_in_query(label: Label, obj: Any) -> Any:
    """Return the key of the organization of ``obj``, or a subquery of it, for a filter of files."""
    if not _is_long(label):
        return label.organization_key_of(obj)
    rows = label.model._base_manager.filter(pk=label.key_of(obj))
    return Subquery(rows.values(str(label.organization_lookup))[:1])


def organization_keys(label: Label, objects: Iterable[Any]) -> dict[Any, Any]:
    """Return the key of the organization of each of ``objects``, which are saved."""
    starts = {obj: start_of_path(label, obj) for obj in objects}
    ends = ends_of_path(label, starts.values())
    return {obj: ends.get(start) for obj, start in starts.items()}


def start_of_path(label: Label, obj: Any) -> Any:
    """Return the key of the first object on the path from ``obj`` to its organization.

    No statement is needed, except by a callable. It is the key of the organization if the path has
    one step.
    """
    if not _is_long(label):
        return label.organization_key_of(obj)
    first, _rest = _split(label)
    field: Any = label.model._meta.get_field(first)
    return getattr(obj, field.attname)


def ends_of_path(label: Label, starts: Iterable[Any]) -> dict[Any, Any]:
    """Return the key of the organization for each of ``starts``, of many in one statement."""
    keys = set(starts) - {None}
    if not _is_long(label):
        return {key: key for key in keys}
    first, rest = _split(label)
    field: Any = label.model._meta.get_field(first)
    target, rows = field.target_field.name, field.related_model._base_manager.all()
    found, left = {}, iter(keys)
    while batch := list(islice(left, BATCH_SIZE)):
        found.update(rows.filter(**{f"{target}__in": batch}).values_list(target, rest))
    return found


def _is_long(label: Label) -> bool:
    """Return whether the organization is at the end of a path of several steps."""
    return "__" in (label.organization_lookup or "")


def _split(label: Label) -> tuple[str, str]:
    first, _, rest = (label.organization_lookup or "").partition("__")
    return first, rest
