"""Uploads that become the file of a column when its row is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from org_files import get_organization_model
from org_files.access import Action, get_policy
from org_files.exceptions import NotAllowed, OrgFilesError
from org_files.files import organization_for_upload, store_file
from org_files.labels import labels_of
from org_files.models import AbstractFile


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
    for model in type(obj).__mro__:
        for label in labels_of(model) if hasattr(model, "_meta") else ():
            found, organizations = label.organization_of(obj), get_organization_model()
            if found is None or isinstance(found, organizations):
                return found
            return organizations._base_manager.filter(pk=found).first()
    return None


def upload_organization(obj: Any, user: Any) -> Any:
    """Return the organization to which a file for a column of ``obj`` goes.

    It is that of the object's ``Attachments``, or else the only one of ``user``. Raises
    ``NotAllowed`` where the user may not upload, and the errors of ``organization_for_upload``.
    """
    organization = organization_of_object(obj) or organization_for_upload(user=user)
    if not get_policy().allows(Action.UPLOAD, user, organization):
        raise NotAllowed(_("You may not upload files here."))
    return organization
