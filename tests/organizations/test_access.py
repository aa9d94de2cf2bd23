"""Who may do what to an organization and its members: every call, role and policy, cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from org_files import get_organization_model
from org_files.models import Membership, Role
from org_files.testing.factories import make_organization, make_user
from org_files.testing.world import ROLES, World
from tests.organizations.calls import Answer, Caller, anonymous, caller

POLICIES = ("OpenPolicy", "OrganizationPolicy", "OwnerPolicy")
CALLERS = ("anonymous", *ROLES)

#: What is called, of the organization {home}; the target of changes is its "member".
CALLS: dict[str, tuple[str, str, Any]] = {
    "see": ("GET", "{home}/", None),
    "change": ("PATCH", "{home}/", {"description": "new"}),
    "delete": ("DELETE", "{home}/", None),
    "usage": ("GET", "{home}/usage/", None),
    "files": ("GET", "{home}/files/", None),
    "downloads": ("GET", "{home}/downloads/", None),
    "members": ("GET", "{home}/members/", None),
    "add": ("POST", "{home}/members/", {"user": "{newcomer}", "role": "viewer"}),
    "add nobody": ("POST", "{home}/members/", {}),
    "promote": ("PATCH", "{home}/members/{member}/", {"role": "admin"}),
    "promote to nothing": ("PATCH", "{home}/members/{member}/", {"role": "king"}),
    "remove": ("DELETE", "{home}/members/{member}/", None),
}

#: Status by call and policy for: anonymous, foreigner, former, viewer, member, admin, operator.
READ = {"OpenPolicy": [401] + [200] * 6}
READ |= {policy: [401, 404, 404, 200, 200, 200, 200] for policy in POLICIES[1:]}


def managing(status: int, unseen: int = 404) -> dict[str, list[int]]:
    """Return the cells of what admins and operators alone do."""
    return {
        "OpenPolicy": [401, 403, 403, 403, 403, status, status],
        "OrganizationPolicy": [401, 404, 404, 403, 403, status, status],
        "OwnerPolicy": [401, 404, 404, unseen, 403, status, status],
    }


EXPECTED: dict[str, dict[str, list[int]]] = {
    "see": READ,
    "usage": READ,
    "files": READ,
    "members": READ,
    "downloads": managing(200, unseen=403),
    "change": managing(200, unseen=403),
    "delete": managing(409, unseen=403),
    # A user is added by who sees them: under the closed policies the newcomer, who belongs to
    # nothing that the admin does, by operators alone.
    "add": {
        "OpenPolicy": [401, 403, 403, 403, 403, 201, 201],
        "OrganizationPolicy": [401, 404, 404, 403, 403, 400, 201],
        "OwnerPolicy": [401, 404, 404, 403, 403, 400, 201],
    },
    "add nobody": managing(400, unseen=403),
    # The viewer does not see the member under OwnerPolicy.
    "promote": managing(200),
    "promote to nothing": managing(400),
    "remove": managing(204),
}
# A member may leave.
EXPECTED["remove"] = {
    policy: [204 if who == "member" else status for who, status in zip(CALLERS, row, strict=True)]
    for policy, row in EXPECTED["remove"].items()
}

CELLS = [
    pytest.param(call, policy, who, status, id=f"{call}-{policy}-{who}")
    for call, rows in EXPECTED.items()
    for policy, row in rows.items()
    for who, status in zip(CALLERS, row, strict=True)
]


def made(text: Any, values: dict[str, Any]) -> Any:
    """Return ``text`` with the ids of the world in it."""
    if isinstance(text, dict):
        return {key: made(value, values) for key, value in text.items()}
    return text.format(**values) if isinstance(text, str) else text


@pytest.fixture
def ids(world: World) -> dict[str, Any]:
    return {
        "home": world.organizations["home"].pk,
        "newcomer": make_user("newcomer").pk,
        **{role: user.pk for role, user in world.users.items()},
    }


def call(name: str, who: Caller, ids: dict[str, Any]) -> Answer:
    method, path, body = CALLS[name]
    return who.send(method, made(f"organizations/{path}", ids), made(body, ids))


def who_is(name: str, world: World) -> Caller:
    return anonymous() if name == "anonymous" else caller(world.users[name])


def rows() -> list[Any]:
    return [
        *Membership.objects.order_by("pk").values(),
        *get_organization_model().objects.order_by("pk").values(),
    ]


@pytest.mark.parametrize(("name", "policy", "who", "status"), CELLS)
def test_call(
    world: World,
    ids: dict[str, Any],
    use: Callable[[str], None],
    name: str,
    policy: str,
    who: str,
    status: int,
) -> None:
    use(policy)
    before = rows()

    answer = call(name, who_is(who, world), ids)

    assert answer.status == status, answer
    changes = name in ("change", "add", "promote", "remove") and status < 300
    assert (rows() != before) == changes
    if status == 404:
        # Byte for byte as if there were no such organization, or no such member.
        gone = make_organization()
        missing = {**ids, "home": gone.pk}
        if who == "viewer":
            missing = {**ids, "member": make_user().pk}
        gone.delete()
        again = call(name, who_is(who, world), missing)
        assert (again.status, again.content) == (404, answer.content)
        assert again.headers == answer.headers


@pytest.mark.parametrize("policy", POLICIES)
def test_member_of_another_organization__is_missing_from_this_one(
    world: World, ids: dict[str, Any], use: Callable[[str], None], policy: str
) -> None:
    use(policy)
    gone = make_user()
    pk = gone.pk
    gone.delete()
    for who in ("admin", "operator"):
        for name in ("promote", "remove"):
            by_name = {
                member: call(name, caller(world.users[who]), {**ids, "member": member})
                for member in (ids["foreigner"], ids["former"], ids["newcomer"], pk, 0, "x")
            }
            assert {answer.status for answer in by_name.values()} == {404}
            assert len({answer.content for answer in by_name.values()}) == 1


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("policy", POLICIES)
def test_member__may_leave_in_any_role(
    world: World, ids: dict[str, Any], use: Callable[[str], None], policy: str, role: Role
) -> None:
    use(policy)
    home, away = world.organizations["home"], world.organizations["away"]
    # Somebody else stays as admin.
    Membership.objects.filter(organization=home, user=ids["viewer"]).update(role=Role.ADMIN)
    Membership.objects.filter(organization=home, user=ids["admin"]).update(role=role)
    who = caller(world.users["admin"])

    assert who.delete(f"organizations/{home.pk}/members/{ids['admin']}/").status == 204

    left = Membership.objects.filter(user=ids["admin"])
    assert [row.organization for row in left] == [away]
    seen = who.get(f"organizations/{home.pk}/").status
    assert seen == (200 if policy == "OpenPolicy" else 404)


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody__promotes_themselves(
    world: World, ids: dict[str, Any], use: Callable[[str], None], policy: str
) -> None:
    use(policy)
    home = ids["home"]
    for role in ("viewer", "member"):
        for new in ("admin", "member", "viewer"):
            answer = caller(world.users[role]).patch(
                f"organizations/{home}/members/{ids[role]}/", {"role": new}
            )
            assert (answer.status, answer.code) == (403, "permission_denied")
        assert Membership.objects.get(organization=home, user=ids[role]).role == role
    for role in ("foreigner", "former"):
        answer = caller(world.users[role]).post(
            f"organizations/{home}/members/", {"user": ids[role], "role": "admin"}
        )
        assert answer.status == (403 if policy == "OpenPolicy" else 404)


def test_admin_of_one_organization__is_none_of_another(
    world: World, use: Callable[[str], None]
) -> None:
    use("OrganizationPolicy")
    away, foreigner = world.organizations["away"], world.users["foreigner"]
    # A viewer there, and an admin of "home".
    admin = caller(world.users["admin"])
    path = f"organizations/{away.pk}/"

    assert admin.patch(path, {"name": "Mine"}).status == 403
    assert admin.delete(path).status == 403
    assert admin.delete(f"{path}members/{foreigner.pk}/").status == 403
    assert admin.patch(f"{path}members/{admin.user.pk}/", {"role": "admin"}).status == 403
