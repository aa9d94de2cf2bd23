"""Organization services: create, change, delete. Callers ask the policy first."""

from __future__ import annotations

import logging
from typing import Any, cast

from org_files import get_file_model, get_organization_model
from org_files.db.rows import change_row, conflicts, insert_row, writing
from org_files.exceptions import Conflict, OrganizationNotEmpty
from org_files.models import AbstractOrganization, Membership, Role, Subscription
from org_files.tiers import default_tier

logger = logging.getLogger("org_files.organizations")


def create_organization(*, admin: Any, **values: Any) -> AbstractOrganization:
    """Create an organization whose admin is the user ``admin``, with the site's default tier.

    ``values`` are columns of the site's model. Raises ``Conflict`` if one of them violates a
    constraint, or if the user or the tier was deleted meanwhile, and ``ConfigurationError`` if no
    tier has the name of ``ORG_FILES["DEFAULT_TIER"]``. Nothing is created then.
    """
    model: Any = get_organization_model()
    tier = default_tier()
    with conflicts(), writing(model):
        organization = insert_row(model, values)
        Membership.objects.create(organization=organization, user=admin, role=Role.ADMIN)
        if tier is not None:
            Subscription.objects.create(organization=organization, tier=tier)
    logger.info("Organization %s created by user %s.", organization.pk, admin.pk)
    return cast("AbstractOrganization", organization)


def change_organization(
    *, organization: AbstractOrganization, **values: Any
) -> AbstractOrganization:
    """Change the columns of ``organization`` that ``values`` name.

    Raises ``Conflict`` if one of them violates a constraint, and ``DoesNotExist`` if the
    organization was deleted meanwhile.
    """
    change_row(organization, values)
    return organization


def delete_organization(*, organization: AbstractOrganization) -> None:
    """Delete an organization without files, also in the trash, and its memberships.

    Raises ``OrganizationNotEmpty``, ``Conflict`` if rows of the site protect it, or
    ``DoesNotExist`` if it is gone already.
    """
    pk = organization.pk
    files = get_file_model()._base_manager.filter(organization=pk)
    # Django's own check would read every file to name it in the error.
    if files.exists():
        raise OrganizationNotEmpty
    try:
        with conflicts(), writing(type(organization)):
            _rows, by_model = organization.delete()
            # Of concurrent deletions one finds the row.
            if not by_model.get(organization._meta.label):
                raise organization.DoesNotExist
    except Conflict as error:  # a file was uploaded meanwhile
        if files.exists():
            raise OrganizationNotEmpty from error
        raise
    logger.info("Organization %s deleted.", pk)
