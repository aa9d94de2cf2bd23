"""Share links of users whose rights change. The matrix has the rights of each role."""

from __future__ import annotations

import pytest

from org_files.models import Membership, Role, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from org_files.testing.world import World, make_world
from tests.rest.contents import CONTENT
from tests.rest.requests import signed_in
from tests.rest.shares import fetch


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def left(world: World) -> ShareLink:
    """A link that a member made to their file before they left."""
    owner = world.users["member"]
    link = make_link(make_stored_file(world.organizations["home"], owner, content=CONTENT))
    Membership.objects.filter(user=owner).delete()
    return link


def test_link_of_a_former_member__is_listed_for_admins_who_revoke_it(
    world: World, left: ShareLink
) -> None:
    admin = signed_in(world.users["admin"])

    listed = admin.get("/api/links/", {"organization": world.organizations["home"].pk}).json()

    assert [row["id"] for row in listed["results"]] == [str(left.public_id)]
    assert listed["results"][0]["created_by"]["id"] == world.users["member"].pk
    assert admin.delete(f"/api/links/{left.public_id}/").status_code == 204
    left.refresh_from_db()
    assert left.revoked_at is not None


def test_creator_who_may_upload_again__finds_the_link_open_again(
    world: World, left: ShareLink
) -> None:
    membership = Membership.objects.create(
        user=left.created_by, organization=world.organizations["home"], role=Role.VIEWER
    )
    assert fetch(left)[0] == 404

    membership.role = Role.MEMBER
    membership.save()

    assert fetch(left) == (200, CONTENT)


def test_admin_who_is_one_no_longer__shares_files_of_others_no_longer(world: World) -> None:
    file = make_stored_file(world.organizations["home"], world.users["member"], content=CONTENT)
    link = make_link(file, world.users["admin"])
    assert fetch(link) == (200, CONTENT)

    mine = Membership.objects.filter(
        user=world.users["admin"], organization=world.organizations["home"]
    )
    mine.update(role=Role.MEMBER)
    assert fetch(link)[0] == 404
    mine.update(role=Role.ADMIN)
    assert fetch(link) == (200, CONTENT)


def test_operator_who_is_one_no_longer__shares_nothing_of_others(world: World) -> None:
    file = make_stored_file(world.organizations["home"], world.users["member"], content=CONTENT)
    operator = world.users["operator"]
    link = make_link(file, operator)
    assert fetch(link) == (200, CONTENT)

    operator.is_staff = False
    operator.save()

    assert fetch(link)[0] == 404


def test_new_owner__does_not_keep_the_links_of_the_one_before(world: World) -> None:
    file = make_stored_file(world.organizations["home"], world.users["member"], content=CONTENT)
    link = make_link(file)

    file.owner = world.users["admin"]
    file.save()

    assert fetch(link)[0] == 404
