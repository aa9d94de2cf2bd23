"""Who makes, sees, changes and revokes share links, under each policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from org_files.models import Membership, Role, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from org_files.testing.world import World, make_world
from tests.rest.contents import CONTENT
from tests.rest.requests import signed_in
from tests.rest.shares import fetch

OPEN, ORGANIZATION, OWNER = "OpenPolicy", "OrganizationPolicy", "OwnerPolicy"

ROLES = ("foreigner", "former", "viewer", "member", "admin", "operator")


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def use(settings: Any, policy: str) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}


def statuses(world: World, method: str, path: str, **values: Any) -> dict[str, int]:
    """Return how each of the roles is answered."""
    return {
        role: getattr(signed_in(world.users[role]), method)(
            path, values, content_type="application/json"
        ).status_code
        for role in ROLES
    }


def answers(*codes: int) -> dict[str, int]:
    return dict(zip(ROLES, codes, strict=True))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (OPEN, answers(403, 403, 403, 201, 201, 201)),
        (ORGANIZATION, answers(404, 404, 403, 201, 201, 201)),
        (OWNER, answers(404, 404, 404, 201, 404, 201)),
    ],
)
def test_link__is_made_by_owner_admins_and_operators(
    world: World, settings: Any, policy: str, expected: dict[str, int]
) -> None:
    use(settings, policy)
    path = f"/api/files/{world.files['home member'].public_id}/links/"

    assert statuses(world, "post", path, expires_in=60) == expected
    makers = set(ShareLink.objects.values_list("created_by", flat=True))
    assert makers == {world.users[role].pk for role, code in expected.items() if code == 201}
    seen = statuses(world, "get", path)
    assert seen == {role: 200 if code == 201 else code for role, code in expected.items()}


@pytest.mark.parametrize(("policy", "code"), [(OPEN, 403), (ORGANIZATION, 404), (OWNER, 404)])
def test_former_member__makes_none_to_what_was_theirs(
    world: World, settings: Any, policy: str, code: int
) -> None:
    use(settings, policy)
    former = signed_in(world.users["former"])
    path = f"/api/files/{world.files['home former'].public_id}/links/"

    response = former.post(path, {"expires_in": 60}, content_type="application/json")

    assert response.status_code == code
    assert not ShareLink.objects.exists()


def test_public_file__is_not_for_others_to_share(world: World) -> None:
    path = f"/api/files/{world.files['away foreigner public'].public_id}/links/"

    assert statuses(world, "post", path, expires_in=60) == answers(201, 403, 403, 403, 403, 201)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (OPEN, answers(404, 404, 404, 200, 200, 200)),
        (ORGANIZATION, answers(404, 404, 404, 200, 200, 200)),
        (OWNER, answers(404, 404, 404, 200, 404, 200)),
    ],
)
def test_link__is_seen_and_changed_by_who_made_it_and_who_could(
    world: World, settings: Any, policy: str, expected: dict[str, int]
) -> None:
    use(settings, policy)
    link = make_link(world.files["home member"])
    path = f"/api/links/{link.public_id}/"

    assert statuses(world, "get", path) == expected
    assert statuses(world, "patch", path, label="New") == expected
    revoked = {role: 204 if code == 200 else code for role, code in expected.items()}
    assert statuses(world, "delete", path) == revoked


@pytest.fixture
def left(world: World) -> ShareLink:
    """A link that a member made to their file before they left."""
    owner = world.users["member"]
    link = make_link(make_stored_file(world.organizations["home"], owner, content=CONTENT))
    Membership.objects.filter(user=owner).delete()
    return link


@pytest.mark.parametrize("policy", [OPEN, ORGANIZATION, OWNER])
def test_link_of_who_has_left__opens_nothing(settings: Any, left: ShareLink, policy: str) -> None:
    use(settings, policy)

    assert fetch(left)[0] == 404


@pytest.mark.parametrize("policy", [OPEN, ORGANIZATION])
def test_link_of_who_has_left__is_listed_for_admins_who_revoke_it(
    world: World, settings: Any, left: ShareLink, policy: str
) -> None:
    use(settings, policy)
    admin = signed_in(world.users["admin"])

    listed = admin.get("/api/links/", {"organization": world.organizations["home"].pk}).json()

    assert [row["id"] for row in listed["results"]] == [str(left.public_id)]
    assert listed["results"][0]["created_by"]["id"] == world.users["member"].pk
    assert admin.delete(f"/api/links/{left.public_id}/").status_code == 204
    left.refresh_from_db()
    assert left.revoked_at is not None


def demote(user: Any) -> None:
    Membership.objects.filter(user=user).update(role=Role.VIEWER)


def remove(user: Any) -> None:
    Membership.objects.filter(user=user).delete()


@pytest.mark.parametrize("policy", [OPEN, ORGANIZATION, OWNER])
@pytest.mark.parametrize("end", [demote, remove])
def test_creator_without_a_role_that_may_upload__lists_no_links(
    world: World, settings: Any, policy: str, end: Callable[[Any], None]
) -> None:
    use(settings, policy)
    owner, home = world.users["member"], world.organizations["home"]
    link = make_link(world.files["home member"])
    client = signed_in(owner)

    def listed() -> list[list[str]]:
        answers = [client.get("/api/links/", query) for query in ({}, {"organization": home.pk})]
        return [[row["id"] for row in answer.json()["results"]] for answer in answers]

    assert listed() == [[str(link.public_id)]] * 2
    end(owner)
    assert listed() == [[], []]


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


def test_anonymous__is_401_everywhere_but_at_the_link_itself(world: World) -> None:
    file = make_stored_file(world.organizations["home"], world.users["member"], content=CONTENT)
    link = make_link(file)

    for path in ("/api/links/", f"/api/links/{link.public_id}/"):
        assert Client().get(path).status_code == 401
    assert fetch(link) == (200, CONTENT)
