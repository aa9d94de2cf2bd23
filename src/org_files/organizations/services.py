"""Services of organizations and memberships. Callers ask the policy first.

An organization with admins never loses the last of them.
"""

import logging
from collections.abc import Collection
from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from org_files import get_file_model, get_organization_model
from org_files.db.rows import change_row, conflicts, insert_row, writing
from org_files.events import record_on_commit
from org_files.exceptions import Conflict, InvalidField, LastAdmin, OrganizationNotEmpty
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


def add_member(*, organization: Any, user: Any, role: Role | str = Role.MEMBER) -> Membership:
    """Make ``user`` a member of ``organization``.

    Raises ``InvalidField`` if the user is a member already or was deleted, and ``DoesNotExist`` if
    the organization was deleted.
    """
    try:
        with conflicts(), writing(Membership):
            return Membership.objects.create(organization=organization, user=user, role=Role(role))
    except Conflict as error:
        if Membership.objects.filter(organization=organization.pk, user=user.pk).exists():
            raise InvalidField("user", _("Belongs to the organization already.")) from error
        if not _exists(organization):
            raise organization.DoesNotExist from error
        if not _exists(user):
            raise InvalidField("user", _("There is no such user.")) from error
        raise


def change_role(*, membership: Membership, role: Role | str) -> Membership:
    """Change a member's role. Raises ``LastAdmin``, or ``DoesNotExist`` for a former member."""
    role = Role(role)
    with writing(Membership):
        if role is not Role.ADMIN:
            keep_admins([membership])
        if not Membership.objects.filter(pk=membership.pk).update(role=role):
            raise Membership.DoesNotExist
    membership.role = role
    _record("role", membership, membership._state.db)
    return membership


def remove_member(*, membership: Membership) -> None:
    """End a membership. Raises ``LastAdmin``, or ``DoesNotExist`` for a former member."""
    with writing(Membership):
        keep_admins([membership])
        removed, _rows = Membership.objects.filter(pk=membership.pk).delete()
        if not removed:
            raise Membership.DoesNotExist


def keep_other_admins(user: AbstractBaseUser) -> None:
    """Raise ``LastAdmin`` if an organization with other members would lose its last admin.

    Locks the memberships, so call it in the transaction that removes ``user``.
    """
    admins = _locked_admins(list(Membership.objects.filter(user=user.pk)))
    others = {admin.organization_id for admin in admins if admin.user_id != user.pk}
    alone = {admin.organization_id for admin in admins} - others
    members = Membership.objects.filter(organization__in=alone)
    if members.exclude(user=user.pk).exists():
        raise LastAdmin


def keep_admins(leaving: Collection[Membership]) -> None:
    """Raise ``LastAdmin`` if an organization would lose its last admin with ``leaving``.

    Locks the memberships of admins, so call it in the transaction that changes them: of two
    concurrent removals the second finds the first one done.
    """
    keys = {membership.pk for membership in leaving}
    admins = _locked_admins(leaving)
    left = {admin.organization_id for admin in admins if admin.pk not in keys}
    if any(admin.organization_id not in left for admin in admins):
        raise LastAdmin


def after_saving(
    sender: Any, instance: Membership, created: bool, using: str, raw: bool = False, **kwargs: Any
) -> None:
    """Record a new member or a changed role; not the rows of a fixture."""
    if not raw:
        _record("added" if created else "role", instance, using)


def after_deletion(sender: Any, instance: Membership, using: str, **kwargs: Any) -> None:
    """Record the end of a membership."""
    _record("removed", instance, using)


def _record(change: str, membership: Membership, using: str | None) -> None:
    record_on_commit(
        "member.changed",
        using=using,
        obj=membership.user_id,
        organization=membership.organization_id,
        change=change,
        role=str(membership.role),
    )


def _locked_admins(leaving: Collection[Membership]) -> list[Membership]:
    """Lock ``leaving`` and the admins of their organizations; return those that are admins now."""
    organizations = {membership.organization_id for membership in leaving}
    admins = Membership.objects.filter(organization__in=organizations, role=Role.ADMIN)
    keys = {membership.pk for membership in leaving} | {*admins.values_list("pk", flat=True)}
    # By primary key alone: a search by another index locks that too, and two concurrent removals
    # would end in a deadlock.
    locked = Membership.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return [membership for membership in locked if membership.role == Role.ADMIN]


def _exists(row: Any) -> bool:
    return bool(row._meta.model._base_manager.filter(pk=row.pk).exists())
