"""Uploads that become the file of a column when its row is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from org_files import get_organization_model
from org_files.access import Action, get_policy
from org_files.exceptions import NotAllowed, OrgFilesError
from org_files.files import organization_for_upload, store_file
from org_files.labels import labels_along
from org_files.models import AbstractFile

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

    def store(self, obj: Any) -> AbstractFile:
        """Store the upload as a file of the organization of ``obj``."""
        try:
            organization = upload_organization(obj, self.user)
            return store_file(
                organization=organization, owner=self.user, upload=self.upload, name=self.name
            )
        except OrgFilesError as error:
            if self.translate is None:
                raise
            raise self.translate(error) from error


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
    return require_upload(user, organization_of_object(obj) or organization_for_upload(user=user))


def require_upload(user: Any, organization: Any) -> Any:
    """Return ``organization``. Raises ``NotAllowed`` unless ``user`` may upload files to it."""
    is_known = organization is not None and getattr(user, "is_authenticated", False)
    if not (is_known and get_policy().allows(Action.UPLOAD, user, organization)):
        raise NotAllowed(_("You may not upload files here."))
    return organization
