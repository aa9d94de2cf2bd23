"""The organization that an upload goes to."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from org_files import get_organization_model
from org_files.access import get_policy
from org_files.exceptions import InvalidField, NoOrganization
from org_files.models import AbstractOrganization, Membership


def organization_for_upload(
    *, user: Any, is_named: bool = False, key: Any = None
) -> AbstractOrganization:
    """Return the named organization, or else the only one that ``user`` belongs to.

    ``key`` is the primary key of the named one, ``None`` for a text that is no key. Whether the
    user may upload to the organization is for the caller to ask. Raises ``NoOrganization`` for a
    user of none, unless an operator names one; ``InvalidField`` where the user sees no organization
    with that key, or belongs to several and names none.
    """
    policy = get_policy()
    own = Membership.objects.filter(user=user.pk)
    if not own.exists() and not (is_named and policy.is_operator(user)):
        raise NoOrganization
    if is_named:
        visible = policy.visible_organizations(user)
        organizations = visible.none() if key is None else visible.filter(pk=key)
    else:
        organizations = get_organization_model()._default_manager.filter(
            pk__in=own.values("organization")
        )
    found = list(organizations[:2])
    if not found:
        raise InvalidField("organization", _("There is no such organization."))
    if len(found) > 1:
        raise InvalidField("organization", _("Needed: you belong to several organizations."))
    return found[0]
