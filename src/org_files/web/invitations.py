"""Invitations to organizations: sealed tokens in URLs that an admin sends. They need no table.

An invitation is for one login name and one role. It tells nobody whether there is such an account:
the person who opens it logs in by that name, or registers. It ends after ``SECONDS``, and it is
void while its inviter may not manage the organization.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from unicodedata import normalize

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import EmailField, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from org_files import get_organization_model
from org_files.access import Action, get_policy
from org_files.db.keys import parse_pk
from org_files.models import AbstractOrganization, Membership, Role
from org_files.organizations import add_member
from org_files.rest.errors import NotFound
from org_files.rest.sealing import seal, unseal

#: Seconds that an invitation can be accepted. They are few, because the site's cache alone
#: remembers who has accepted one: without it a person who was removed could return.
SECONDS = 24 * 60 * 60

PURPOSE = "org_files.web.invitations"


class InvitationVoid(NotFound):
    """An invitation that is unknown, expired, accepted, or void."""

    default_detail = _("The invitation is not valid any more. Ask for another one.")


class InvitationSerializer(serializers.Serializer[Any]):
    """A person to invite, and the role of the invitation."""

    login = serializers.CharField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)


@dataclass(frozen=True)
class Invitation:
    """An invitation that can be accepted now."""

    organization: AbstractOrganization
    role: Role
    inviter: Any
    #: The login name of the account that may accept it.
    login: str
    #: The key in the cache of the time at which one for the same person was accepted.
    key: str

    def is_for(self, user: Any) -> bool:
        """Return whether ``user`` has the login name of the invitation."""
        return normal_login(user.get_username()) == self.login

    def accept(self, user: Any) -> Membership:
        """Make ``user``, who ``is_for`` says it is for, a member. Raises as ``add_member``."""
        membership = add_member(organization=self.organization, user=user, role=self.role)
        cache.set(self.key, timezone.now().timestamp(), timeout=SECONDS)
        return membership


def new_token(*, organization: Any, role: str, inviter: Any, login: str) -> str:
    """Return the token of an invitation, for its URL.

    The caller has asked the policy whether ``inviter`` may manage the organization.
    """
    end = timezone.now() + timedelta(seconds=SECONDS)
    values = [organization.pk, inviter.pk, Role(role).value, normal_login(login)]
    return seal(json.dumps([end.timestamp(), *map(str, values)]), purpose=PURPOSE)


def open_invitation(token: str) -> Invitation:
    """Return the invitation of ``token``. Raises ``InvitationVoid`` if it cannot be accepted."""
    try:
        end, organization_pk, inviter_pk, role, login = json.loads(unseal(token, purpose=PURPOSE))
    except ValueError as error:
        raise InvitationVoid from error
    invited = sha256(json.dumps([organization_pk, login]).encode()).hexdigest()
    key = f"org_files_web:invitation:{invited}"
    # With one invitation, all that were made before for the same person are accepted.
    void_until = cache.get(key, 0) + SECONDS
    if end <= void_until or datetime.fromtimestamp(end, UTC) <= timezone.now():
        raise InvitationVoid
    users = get_user_model()._default_manager.all()
    inviter: Any = users.filter(pk=parse_pk(users.model, inviter_pk)).first()
    if inviter is None or not inviter.is_active:
        raise InvitationVoid
    policy, model = get_policy(), get_organization_model()
    visible = policy.visible_organizations(inviter)
    organization = visible.filter(pk=parse_pk(model, organization_pk)).first()
    if organization is None or not policy.allows(Action.MANAGE, inviter, organization):
        raise InvitationVoid
    return Invitation(organization, Role(role), inviter, login, key)


def normal_login(name: str) -> str:
    """Return the form in which login names are compared: of addresses the case does not matter."""
    model: Any = get_user_model()
    name = model.normalize_username(name.strip())
    return normalize("NFKC", name.casefold()) if _logs_in_by_email() else name


def with_login(users: QuerySet[Any], name: str) -> Any:
    """Return the one of ``users`` who logs in by ``name``, else ``None``."""
    lookup = "iexact" if _logs_in_by_email() else "exact"
    field = get_user_model().USERNAME_FIELD
    found = users.filter(**{f"{field}__{lookup}": normal_login(name)})[:2]
    return found[0] if len(found) == 1 else None


def _logs_in_by_email() -> bool:
    model: Any = get_user_model()
    return isinstance(model._meta.get_field(model.USERNAME_FIELD), EmailField)
