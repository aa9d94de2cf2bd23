"""A small data set for tests of policies: a user in each role, files in each state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from org_files import counters
from org_files.models import AbstractFile, AbstractOrganization, Download, Role, ShareLink
from org_files.testing.factories import (
    join,
    make_file,
    make_link,
    make_organization,
    make_user,
)

#: The users, by their role in the organization "home". The foreigner is an admin of "away" only.
#: The former member and the operator belong to no organization. The viewer owns files and links,
#: like a member who became a viewer later. The admin is also a viewer of "away".
ROLES = ("foreigner", "former", "viewer", "member", "admin", "operator")

#: The files to which each user has made a link, even if they may not do so now.
LINKED = (
    "home member",
    "home viewer",
    "home former",
    "home former public",
    "home nobody public",
    "away foreigner",
    "home member trashed",
    "home admin expired",
)


@dataclass
class World:
    """The rows, by name."""

    #: "home"; "away", another one; "empty", which has no members.
    organizations: dict[str, AbstractOrganization] = field(default_factory=dict)
    #: By role.
    users: dict[str, Any] = field(default_factory=dict)
    #: ``<organization> <owner> [state]``; files of "nobody" have no owner.
    files: dict[str, AbstractFile] = field(default_factory=dict)
    #: ``<organization> <user>``.
    downloads: dict[str, Download] = field(default_factory=dict)
    #: ``<file> by <user>``.
    links: dict[str, ShareLink] = field(default_factory=dict)

    def names(self, of: Mapping[str, Any], rows: Iterable[Any]) -> set[str]:
        """Return the names of ``rows``. Raises ``AssertionError`` where one comes twice."""
        pks = [row.pk for row in rows]
        if len(pks) != len(set(pks)):
            raise AssertionError(f"A row comes twice: {sorted(map(str, pks))}")
        return {name for name, thing in of.items() if thing.pk in pks}

    def add_file(self, name: str, /, **fields: Any) -> AbstractFile:
        """Add a file under the key ``<organization> <owner> [state]``, by default also its name."""
        organization, owner, *_ = name.split()
        file = make_file(
            self.organizations[organization], self.users.get(owner), **{"name": name} | fields
        )
        self.files[name] = file
        return file

    def add_downloads(self) -> None:
        """Record a download of a file of "home" and of one of "away" for each user."""
        for organization in ("home", "away"):
            for name, user in self.users.items():
                self.downloads[f"{organization} {name}"] = counters.record_download(
                    file=self.files[f"{organization} foreigner"], user=user
                )

    def add_links(self) -> None:
        """Make a link of each user to each file of ``LINKED``, without asking the policy."""
        for name in LINKED:
            for role, user in self.users.items():
                self.links[f"{name} by {role}"] = make_link(self.files[name], user)

    @property
    def live_files(self) -> set[str]:
        """The names of the files that are neither in the trash nor expired."""
        now = timezone.now()
        return {
            name
            for name, file in self.files.items()
            if file.deleted_at is None and (file.expires_at is None or file.expires_at > now)
        }


def make_world(*, operator: Mapping[str, Any] | None = None) -> World:
    """Return a new world.

    ``operator`` has the fields by which the policy recognizes an operator, by default ``is_staff``.
    """
    world = World()
    world.organizations = {name: make_organization(name) for name in ("home", "away", "empty")}
    special = {"operator": {"is_staff": True} if operator is None else operator}
    world.users = {name: make_user(name, **special.get(name, {})) for name in ROLES}
    home, away = world.organizations["home"], world.organizations["away"]
    for role in (Role.VIEWER, Role.MEMBER, Role.ADMIN):
        join(home, world.users[role.value], role)
    join(away, world.users["foreigner"], Role.ADMIN)
    # A member of two organizations must not see a row twice.
    join(away, world.users["admin"], Role.VIEWER)
    for owner in ROLES:
        world.add_file(f"home {owner}")
    world.add_file("home nobody")
    for owner in ("nobody", "former"):
        world.add_file(f"home {owner} public", is_public=True)
    world.add_file("away foreigner")
    world.add_file("away foreigner public", is_public=True)
    world.add_file("empty nobody")
    now = timezone.now()
    for owner in ("former", "viewer", "member", "admin", "operator", "nobody"):
        world.add_file(f"home {owner} trashed", is_public=True, deleted_at=now)
    for owner in ("member", "admin", "operator"):
        world.add_file(
            f"home {owner} expired", is_public=True, expires_at=now - timedelta(seconds=1)
        )
    world.add_file("home member expiring", expires_at=now + timedelta(days=1))
    return world
