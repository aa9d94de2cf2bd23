"""Choices of forms: the organizations and the people that a user may name."""

from collections.abc import Sequence
from typing import Any

from org_files import get_organization_model
from org_files.access import Action, Policy
from org_files.db.keys import parse_pk
from org_files.models import AbstractOrganization, Membership
from org_files.rest.fields import display_name

#: The most organizations, and the most people, that a form offers.
MAX_ORGANIZATIONS = 200
MAX_PEOPLE = 100


def visible_organizations(policy: Policy, user: Any, chosen: str) -> list[AbstractOrganization]:
    """Return the organizations that ``user`` sees, in the order of their names.

    At most ``MAX_ORGANIZATIONS``, and the one whose key ``chosen`` is.
    """
    visible = policy.visible_organizations(user)
    rows = list(visible.order_by("name", "pk")[:MAX_ORGANIZATIONS])
    pk = parse_pk(get_organization_model(), chosen) if chosen else None
    if pk is not None and len(rows) == MAX_ORGANIZATIONS and pk not in {row.pk for row in rows}:
        rows += visible.filter(pk=pk)
    return rows


def upload_targets(policy: Policy, user: Any) -> Sequence[AbstractOrganization]:
    """Return the organizations that ``user`` may upload to, in the order of their names."""
    rows = policy.visible_organizations(user)
    if not policy.is_operator(user):
        own = Membership.objects.filter(user=user.pk)
        rows = rows.filter(pk__in=own.values("organization"))
    found = list(rows.order_by("name", "pk")[:MAX_ORGANIZATIONS])
    allowed = policy.allowed(Action.UPLOAD, user, found)
    return [row for row in found if row.pk in allowed]


def visible_people(policy: Policy, user: Any, chosen: str) -> list[tuple[str, str]]:
    """Return key and name of people other than ``user`` that they see, at most ``MAX_PEOPLE``.

    And of the one whose key ``chosen`` is.
    """
    visible = policy.visible_users(user).exclude(pk=user.pk)
    rows = list(visible.order_by("pk")[:MAX_PEOPLE])
    pk = parse_pk(visible.model, chosen) if chosen else None
    if pk is not None and len(rows) == MAX_PEOPLE and pk not in {row.pk for row in rows}:
        rows += visible.filter(pk=pk)
    return sorted(
        ((str(row.pk), display_name(row)) for row in rows), key=lambda pair: pair[1].lower()
    )
