"""Moves attachments of deleted objects to the trash, or purges them, after the commit.

Receivers of Django's signals collect the objects: also those of bulk deletions and of cascades,
which Django then loads in place of deleting them by one statement.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete, pre_delete

from org_files import get_file_model
from org_files.attachments.organizations import ends_of_path, start_of_path
from org_files.db.rows import all_rows, hidden_row_models
from org_files.files import purge_files, trash_files
from org_files.labels import Label, OnDelete, all_labels, labels_of
from org_files.models import AbstractFile

#: Objects whose files are looked up by one statement.
BATCH_SIZE = 500


class Deletion:
    """Objects that one transaction deletes."""

    def __init__(self) -> None:
        #: By label: the primary key of each object, and the start of the path to its organization.
        self._starts: dict[Label, dict[Any, Any]] = defaultdict(dict)
        #: By label: the primary key of each object, and that of its organization.
        self._organizations: dict[Label, dict[Any, Any]] = defaultdict(dict)

    def add(self, label: Label, obj: Any) -> None:
        """Add an object that is about to be deleted."""
        self._starts[label][getattr(obj, label.model._meta.pk.attname)] = start_of_path(label, obj)

    def find_organizations(self) -> None:
        """Look up the organizations of all objects added, while the way to them exists."""
        for label, starts in self._starts.items():
            ends = ends_of_path(label, starts.values())
            self._organizations[label] |= {pk: ends.get(start) for pk, start in starts.items()}
        self._starts.clear()

    def end_files(self) -> None:
        """Trash or purge the files of the objects that are gone, after the commit."""
        for label, organizations in self._organizations.items():
            rows, pks = all_rows(label.model), list(organizations)
            # Row-level security may hide an object that was not deleted, whose files must not be
            # purged. From the trash they can be restored.
            is_purge = label.on_delete is OnDelete.PURGE and not hidden_row_models(
                [label.model], rows.db
            )
            for start in range(0, len(pks), BATCH_SIZE):
                batch = set(pks[start : start + BATCH_SIZE])
                # A trigger may have kept a row, and a new one may have the same key.
                batch -= set(rows.filter(pk__in=batch).values_list("pk", flat=True))
                ended = {str(pk): organizations[pk] for pk in batch}
                self._end_files(label, ended, is_purge=is_purge)

    def _end_files(self, label: Label, organizations: dict[str, Any], *, is_purge: bool) -> None:
        """Trash or purge the files of objects with these keys and organizations."""
        model = get_file_model()
        among: QuerySet[AbstractFile] = model._base_manager.filter(
            resource=label.text, resource_id__in=list(organizations)
        )
        columns = ("pk", "resource", "resource_id", "organization")
        pks = [
            pk
            for pk, resource, key, organization in among.values_list(*columns)
            # Exactly: databases may ignore the case of texts.
            if resource == label.text and organizations.get(key) == organization
        ]
        for start in range(0, len(pks), BATCH_SIZE):
            files = among.filter(pk__in=pks[start : start + BATCH_SIZE])
            # Files that a protected column names stay, and go to the trash.
            if not is_purge or purge_files(files=files).kept:
                trash_files(files=files, among=among)


def connect() -> None:
    """Connect the receivers to the models whose attachments do not stay."""
    labels = [label for label in all_labels() if label.on_delete is not OnDelete.KEEP]
    models = {label.model for label in labels}
    for model in apps.get_models():
        # Proxies too: Django sends the signals of a deletion through a proxy for that only.
        if model._meta.concrete_model in models:
            pre_delete.connect(_before, sender=model)
            post_delete.connect(_after, sender=model)


def _before(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    for label in labels_of(sender._meta.concrete_model):
        if label.on_delete is not OnDelete.KEEP:
            _deletion(using).add(label, instance)


def _after(sender: Any, using: str, **kwargs: Any) -> None:
    _deletion(using).find_organizations()


def _deletion(using: str) -> Deletion:
    """Return the deletion of the current transaction, or of the current savepoint.

    Django drops it with them. It is sought among their callbacks.
    """
    current = set(connections[using].savepoint_ids)
    for savepoints, function, *_ in reversed(connections[using].run_on_commit):
        deletion = getattr(function, "__self__", None)
        if isinstance(deletion, Deletion) and savepoints == current:
            return deletion
    deletion = Deletion()
    # A failure is logged: the objects are gone, and the files stay where they are.
    transaction.on_commit(deletion.end_files, using=using, robust=True)
    return deletion
