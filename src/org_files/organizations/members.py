"""Membership services. An organization with admins never loses the last of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from org_files.db.rows import conflicts, writing
from org_files.exceptions import Conflict, InvalidField, LastAdmin
from org_files.models import Membership, Role
from org_files.organizations.receivers import record_member


def add_member(*, organization: Any, user: Any, role: Role | str = Role.MEMBER) -> Membership:
    """Make ``user`` a member of ``organization``.

    Raises ``InvalidField`` if the user is a member already or was deleted, and ``DoesNotExist`` if
    the organization was deleted.
    """
    try:
        with conflicts(), writing(Membership):
            membership = Membership.objects.create(
                organization=organization, user=user, role=Role(role)
            )
    except Conflict as error:
        if Membership.objects.filter(organization=organization.pk, user=user.pk).exists():
            raise InvalidField("user", _("Belongs to the organization already.")) from error
        if not _exists(organization):
            raise organization.DoesNotExist from error
        if not _exists(user):
            raise InvalidField("user", _("There is no such user.")) from error
        raise
    return membership


def change_role(*, membership: Membership, role: Role | str) -> Membership:
    """Change a member's role. Raises ``LastAdmin``, or ``DoesNotExist`` for a former member."""
    role = Role(role)
    with writing(Membership):
        if role is not Role.ADMIN:
            keep_admins([membership])
        if not Membership.objects.filter(pk=membership.pk).update(role=role):
            raise Membership.DoesNotExist
    membership.role = role
    record_member("role", membership, membership._state.db)
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
    own = list(Membership.objects.filter(user=user.pk))
    admins: defaultdict[Any, list[Any]] = defaultdict(list)
    for membership in _locked_admins(own):
        admins[membership.organization_id].append(membership.user_id)
    alone = [organization for organization, found in admins.items() if found == [user.pk]]
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
