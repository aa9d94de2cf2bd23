"""New files of a request: the organization that they go to, and their name."""

from typing import Any

from org_files import get_organization_model
from org_files.access import Action, get_policy
from org_files.db.keys import parse_pk
from org_files.files import organization_for_upload, store_file
from org_files.models import AbstractFile, AbstractOrganization
from org_files.rest.errors import Denied
from org_files.rest.multipart import client_name


def upload_target(named: str | None, *, user: Any) -> AbstractOrganization:
    """Return the organization with the id ``named``, or else the only one of ``user``.

    Raises the errors of ``organization_for_upload``, and ``Denied`` where the user may not upload.
    """
    organization = organization_for_upload(
        user=user,
        is_named=bool(named),
        key=parse_pk(get_organization_model(), named) if named else None,
    )
    if not get_policy().allows(Action.UPLOAD, user, organization):
        raise Denied(organization)
    return organization


def store_upload(
    upload: Any, *, organization: AbstractOrganization, user: Any, **values: Any
) -> AbstractFile:
    """Store a received file under the name in ``values``, or else under that of its part.

    Raises the errors of ``store_file``.
    """
    if "name" not in values:
        values["name"] = client_name(upload)
    return store_file(
        organization=organization, owner=user, requester=user, upload=upload, **values
    )
