"""Roles of members beyond the matrix: leaving, promotion, other organizations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from org_files.models import Membership, Role
from org_files.testing.factories import make_user
from org_files.testing.world import World
from tests.organizations.calls import caller


def test_member_of_another_organization__is_missing_from_this_one(world: World) -> None:
    home, users = world.organizations["home"], world.users
    newcomer = make_user("newcomer")
    for who in (caller(users["admin"]), caller(users["operator"])):
        for method in ("PATCH", "DELETE"):
            answers = [
                who.send(method, f"organizations/{home.pk}/members/{member}/", {"role": "admin"})
                for member in (users["foreigner"].pk, users["former"].pk, newcomer.pk, 0, "x")
            ]
            assert {answer.status for answer in answers} == {404}
            assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy"])
def test_admin__may_leave(world: World, use: Callable[[str], None], policy: str) -> None:
    use(policy)
    home, admin = world.organizations["home"], world.users["admin"]
    # Another admin stays.
    rows = Membership.objects.filter(organization=home, user=world.users["viewer"])
    rows.update(role=Role.ADMIN)
    who = caller(admin)

    assert who.delete(f"organizations/{home.pk}/members/{admin.pk}/").status == 204

    left = Membership.objects.filter(user=admin)
    assert [row.organization for row in left] == [world.organizations["away"]]
    seen = who.get(f"organizations/{home.pk}/").status
    assert seen == (200 if policy == "OpenPolicy" else 404)


def test_viewers_and_members__cannot_promote_themselves(world: World) -> None:
    home = world.organizations["home"]
    for role in ("viewer", "member"):
        user = world.users[role]
        answer = caller(user).patch(
            f"organizations/{home.pk}/members/{user.pk}/", {"role": "admin"}
        )
        assert (answer.status, answer.code) == (403, "permission_denied")
        assert Membership.objects.get(organization=home, user=user).role == role


def test_admin_of_one_organization__is_none_of_another(world: World) -> None:
    away, foreigner = world.organizations["away"], world.users["foreigner"]
    # A viewer there, and an admin of "home".
    admin: Any = caller(world.users["admin"])
    path = f"organizations/{away.pk}/"

    assert admin.patch(path, {"name": "Mine"}).status == 403
    assert admin.delete(path).status == 403
    assert admin.delete(f"{path}members/{foreigner.pk}/").status == 403
    assert admin.patch(f"{path}members/{admin.user.pk}/", {"role": "admin"}).status == 403
