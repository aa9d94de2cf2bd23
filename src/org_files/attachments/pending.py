"""Uploads that become the file of a column when its row is saved."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError, ObjectDoesNotExist
from django.db import router
from django.db.models import Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from org_files import get_file_model, get_organization_model
from org_files.attachments.fields import live_files
from org_files.exceptions import InvalidField, NotAllowed, OrgFilesError
from org_files.labels import labels_along

if TYPE_CHECKING:
    from org_files.models import AbstractFile

NOT_TAKEN = gettext_lazy("This field does not take such a file.")

#: The attribute of a file that a user has chosen for a column: returns the error if it is foreign.
REFUSAL = "_org_files_refusal"


@dataclass(frozen=True)
class PendingFile:
    """An upload of a user, assigned to a ``StoredFileField``. Saving the row stores it."""

    #: Open and seekable.
    upload: Any
    user: Any
    name: str
    #: Returns the error that is raised in place of one of the package.
    translate: Callable[[OrgFilesError], Exception] | None = None
    #: The column, whose ``limit_choices_to`` hold for uploads, too.
    column: Any = None

    def store(self, obj: Any) -> AbstractFile:
        """Store the upload as a file of the organization of ``obj``."""
        from org_files.files import purge_file, store_file

        try:
            organization = upload_organization(obj, self.user)
            file = store_file(
                organization=organization, owner=self.user, upload=self.upload, name=self.name
            )
            limits = self._limits()
            if limits and not type(file)._base_manager.filter(limits, pk=file.pk).exists():
                purge_file(file=file)
                raise self._refusal()
        except OrgFilesError as error:
            if self.translate is None:
                raise
            raise self.translate(error) from error
        return file

    def refuse_other(self) -> None:
        """Raise ``InvalidField`` for an upload that the column does not take, as far as is known.

        Conditions of other columns than name, size and type are known once it is stored. Raises
        ``FileTooLarge``, ``TypeNotAllowed`` and ``InvalidField`` for what no column takes.
        """
        from org_files.files import clean_name, content_type_of, fingerprint

        if not (limits := self._limits()):
            return
        upload, name = self.upload, clean_name(self.name)
        upload.fingerprint = measured = getattr(upload, "fingerprint", None) or fingerprint(upload)
        content_type = content_type_of(name, measured.head)
        values = {"name": name, "size": measured.size, "content_type": content_type}
        model: Any = get_file_model()
        known = {key: Value(value, model._meta.get_field(key)) for key, value in values.items()}
        with suppress(FieldError):
            if not limits.check(known, using=router.db_for_write(model)):
                raise self._refusal()

    def _limits(self) -> Q:
        """Return the conditions of the column, besides those that every upload meets."""
        limits = None if self.column is None else self.column.remote_field.limit_choices_to
        if limits is live_files:
            return Q()
        limits = limits() if callable(limits) else limits
        return limits if isinstance(limits, Q) else Q(**(limits or {}))

    def _refusal(self) -> InvalidField:
        return InvalidField(self.column.name, str(NOT_TAKEN))


def organization_of_object(obj: Any) -> Any:
    """Return the organization that the ``Attachments`` of an object's model name, or ``None``."""
    labels, organizations = labels_along(type(obj)), get_organization_model()
    found = labels[0].organization_of(obj) if labels else None
    if found is None or isinstance(found, organizations):
        return found
    return organizations._base_manager.filter(pk=found).first()


def chosen(file: AbstractFile, refusal: Callable[[], Exception]) -> AbstractFile:
    """Return ``file``, which ``refuse_foreign`` compares with the object that it is assigned to.

    Of a new object the organization is known only when it is saved.
    """
    vars(file)[REFUSAL] = refusal
    return file


def refuse_foreign(obj: Any, file: AbstractFile, *, is_last: bool = False) -> None:
    """Raise the error of a chosen file that has another organization than ``obj``.

    A file that code of the site assigns may have any organization. After the last time, the file
    is as any other, which can be pickled.
    """
    refusal = vars(file).get(REFUSAL)
    if refusal is None:
        return
    try:
        organization = organization_of_object(obj)
    except ObjectDoesNotExist:  # a foreign key that is missing, which is refused as such
        return
    if organization is not None and organization.pk != file.organization_id:
        raise refusal()
    if is_last:
        del vars(file)[REFUSAL]


def upload_organization(obj: Any, user: Any) -> Any:
    """Return the organization to which a file for a column of ``obj`` goes.

    It is that of the object's ``Attachments``, or else the only one of ``user``. Raises
    ``NotAllowed`` where the user may not upload, and the errors of ``organization_for_upload``.
    """
    from org_files.files import organization_for_upload

    return require_upload(user, organization_of_object(obj) or organization_for_upload(user=user))


def require_upload(user: Any, organization: Any) -> Any:
    """Return ``organization``. Raises ``NotAllowed`` unless ``user`` may upload files to it."""
    from org_files.access import Action, get_policy

    is_known = organization is not None and getattr(user, "is_authenticated", False)
    if not (is_known and get_policy().allows(Action.UPLOAD, user, organization)):
        raise NotAllowed(_("You may not upload files here."))
    return organization
