"""Receivers that record changes of memberships by services, the admin or a site's own code."""

from __future__ import annotations

from typing import Any

from org_files.events import record_on_commit
from org_files.models import Membership


def after_saving(
    sender: Any, instance: Membership, created: bool, using: str, raw: bool = False, **kwargs: Any
) -> None:
    """Record a new member or a changed role; not the rows of a fixture."""
    if not raw:
        record_member("added" if created else "role", instance, using)


def after_deletion(sender: Any, instance: Membership, using: str, **kwargs: Any) -> None:
    """Record the end of a membership."""
    record_member("removed", instance, using)


def record_member(change: str, membership: Membership, using: str | None) -> None:
    """Record a change of a membership: ``"added"``, ``"removed"`` or ``"role"``."""
    record_on_commit(
        "member.changed",
        using=using,
        obj=membership.user_id,
        organization=membership.organization_id,
        change=change,
        role=str(membership.role),
    )
