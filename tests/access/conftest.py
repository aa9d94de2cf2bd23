"""A small world: two organizations, somebody in each role, files in every state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import counters
from org_files.models import AbstractFile, AbstractOrganization, Role
from tests.factories import join, make_file, make_organization, make_user

#: Who looks: what each is to the organization "home".
ROLES = ("foreigner", "former", "viewer", "member", "admin", "staff")


@dataclass
class World:
    """Everything by name. "home" is the organization looked at, "away" the other one."""

    organizations: dict[str, AbstractOrganization] = field(default_factory=dict)
    users: dict[str, Any] = field(default_factory=dict)
    #: ``<organization> <owner> [state]``; the owner "nobody" is one who was deleted.
    files: dict[str, AbstractFile] = field(default_factory=dict)

    def names(self, of: dict[str, Any], rows: Any) -> set[str]:
        """Return the names of rows, of which none may come twice."""
        pks = [row.pk for row in rows]
        assert len(pks) == len(set(pks))
        return {name for name, thing in of.items() if thing.pk in pks}

    def add_file(self, name: str, **fields: Any) -> None:
        """Add a file."""
        organization, owner, *_ = name.split()
        self.files[name] = make_file(
            self.organizations[organization], self.users.get(owner), name=name, **fields
        )


@pytest.fixture
def world(db: None) -> World:
    """The world."""
    world = World()
    world.organizations = {name: make_organization(name) for name in ("home", "away", "empty")}
    world.users = {name: make_user(name, is_staff=name == "staff") for name in ROLES}
    home, away = world.organizations["home"], world.organizations["away"]
    for role in (Role.VIEWER, Role.MEMBER, Role.ADMIN):
        join(home, world.users[role.value], role)
    join(away, world.users["foreigner"], Role.ADMIN)
    # An admin of both sees nothing twice.
    join(away, world.users["admin"], Role.VIEWER)
    for owner in ROLES:
        world.add_file(f"home {owner}")
    world.add_file("home nobody")
    world.add_file("home nobody public", is_public=True)
    world.add_file("away foreigner")
    world.add_file("away foreigner public", is_public=True)
    world.add_file("empty nobody")
    now = timezone.now()
    for owner in ("member", "admin", "staff"):
        world.add_file(f"home {owner} trashed", is_public=True, deleted_at=now)
        world.add_file(
            f"home {owner} expired", is_public=True, expires_at=now - timedelta(seconds=1)
        )
    world.add_file("home member expiring", expires_at=now + timedelta(days=1))
    return world


@pytest.fixture
def downloads(world: World) -> dict[str, Any]:
    """One download by each, of a file of either organization: ``<organization> <user>``."""
    return {
        f"{organization} {user}": counters.record_download(
            file=world.files[f"{organization} foreigner"], user=world.users[user]
        )
        for organization in ("home", "away")
        for user in ROLES
    }
