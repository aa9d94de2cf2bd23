"""Rules of files that are attached to an object of the site: type, size, number, existence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from org_files import get_file_model
from org_files.access import get_policy, require_resource
from org_files.db.exact import has_exactly
from org_files.db.keys import parse_pk
from org_files.db.rows import all_rows, lock_row
from org_files.exceptions import FileTooLarge, InvalidField, TooManyAttachments
from org_files.files.content import refuse_type
from org_files.labels import Label, find_label
from org_files.models import AbstractFile, live


class Resource(NamedTuple):
    """What a file names: the label of a model, and the key of an object."""

    resource: str
    resource_id: str

    @property
    def label(self) -> Label | None:
        """The label, if a model with attachments has it."""
        return find_label(self.resource)

    @property
    def allowed_types(self) -> Sequence[Sequence[str]]:
        """The lists of content types of which a file must be in each."""
        label = self.label
        return () if label is None or label.allowed_types is None else (label.allowed_types,)

    def require(self, user: Any, organization_pk: Any, **change: Any) -> None:
        """Raise ``ResourceNotYours`` unless ``user`` may decide which files the object has.

        ``change`` is ``is_left`` and ``is_cleared`` of ``require_resource``.
        """
        require_resource(
            get_policy(), user, organization=organization_pk, **self._asdict(), **change
        )

    def refuse_unfit(self, *, size: int, content_type: str = "") -> None:
        """Raise ``FileTooLarge`` or ``TypeNotAllowed`` by the limits of the label.

        ``content_type`` is empty for a content that is not known yet.
        """
        limit = None if self.label is None else self.label.max_file_size
        if limit is not None and size > limit:
            raise FileTooLarge(_("The file is larger than this accepts."))
        for allowed in self.allowed_types if content_type else ():
            refuse_type(content_type, allowed)

    def refuse_full(self, organization_pk: Any, *, more: int = 1) -> None:
        """Raise ``TooManyAttachments`` if the object cannot have ``more`` files.

        Before anything is written; ``place_held`` decides.
        """
        label = self.label
        if label is not None and label.max_files is not None:
            files = all_rows(get_file_model()).filter(
                live(), attached_to(self.resource, self.resource_id, organization_pk)
            )
            if files.count() + more > label.max_files:
                raise TooManyAttachments

    @classmethod
    def of(cls, file: AbstractFile) -> Resource:
        """Return what the instance names. A site's own model may have ``NULL``."""
        return cls(file.resource or "", file.resource_id or "")


def attached_to(resource: str, resource_id: str, organization: Any) -> Q:
    """Return the condition of files of an object and of its organization, a key or a subquery."""
    return has_exactly(resource=resource, resource_id=resource_id) & Q(organization=organization)


@contextmanager
def place_held(
    resource: Resource, organization_pk: Any, *, must_exist: bool = True
) -> Iterator[None]:
    """Hold the place of one more file of an object, which the block adds within a transaction.

    Locks the row of the object until the transaction ends, so that files that arrive together are
    counted one after the other, and the object is not deleted before. Raises ``InvalidField`` if
    there is no such object and it ``must_exist``, and ``TooManyAttachments``.
    """
    if (label := resource.label) is None:
        yield
        return
    key = parse_pk(label.model, resource.resource_id)
    rows = all_rows(label.model).filter(pk=key)
    # SQLite has one writer at a time, and a transaction that reads first may not write.
    locks = connections[rows.db].features.has_select_for_update
    with transaction.atomic(using=rows.db, savepoint=False):
        exists = key is not None and locks and lock_row(label.model, key)
        yield
        if exists or (key is not None and not locks and rows.exists()):
            resource.refuse_full(organization_pk, more=0)
        elif must_exist:
            raise InvalidField("resource_id", _("There is no such object."))
