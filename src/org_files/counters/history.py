"""Ledger rows of an earlier organization or user with the same primary key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, F, Model, OuterRef, Subquery

from org_files import get_organization_model
from org_files.db.rows import all_rows
from org_files.models import Download

__all__ = ["rows_older_than_their_keys", "shorten"]

SHOWN = 10


def rows_older_than_their_keys(using: str) -> Iterator[str]:
    """Yield a sentence for organizations, and one for users, with downloads older than they are.

    Looks at organizations with a ``created_at`` and at users with a ``date_joined``: one statement
    each, which reads the oldest row of each key by an index.
    """
    for model, began, key in (
        (get_organization_model(), "created_at", "organization"),
        (get_user_model(), "date_joined", "user"),
    ):
        if not _has_moment(model, began):
            continue
        oldest = Download.objects.filter(**{key: OuterRef("pk")}).order_by("downloaded_at")
        rows = (
            all_rows(model)
            .using(using)
            .alias(first_downloaded_at=Subquery(oldest.values("downloaded_at")[:1]))
        )
        older = rows.filter(first_downloaded_at__lt=F(began)).order_by("pk")
        if keys := list(older.values_list("pk", flat=True)):
            yield (
                f"The ledger has downloads that are older than the {began} of their {key}: "
                f"{shorten(keys)}. Was a primary key given out again?"
            )


def shorten(values: Collection[Any]) -> str:
    """Return the first of ``values`` as a list for people, and how many more there are."""
    shown = ", ".join(str(value) for value in list(values)[:SHOWN])
    more = len(values) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _has_moment(model: type[Model], name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), DateTimeField)
    except FieldDoesNotExist:
        return False
