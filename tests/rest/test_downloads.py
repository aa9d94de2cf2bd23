"""The log of downloads: who reads whose, under each policy."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import counters
from org_files.models import AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.rest.requests import signed_in

OPEN, ORGANIZATION, OWNER = "OpenPolicy", "OrganizationPolicy", "OwnerPolicy"
UNKNOWN = 987654321


class World:
    """Acme with an admin, two members and a viewer; Globex with a member; an operator.

    Everybody who may has downloaded Acme's file once, and Mallory Globex's.
    """

    def __init__(self) -> None:
        self.acme = make_organization("Acme")
        self.globex = make_organization("Globex")
        self.users = {
            name: make_user(name, is_staff=name == "operator")
            for name in ("admin", "member", "owner", "viewer", "mallory", "nobody", "operator")
        }
        for name, role in (
            ("admin", Role.ADMIN),
            ("member", Role.MEMBER),
            ("owner", Role.MEMBER),
            ("viewer", Role.VIEWER),
        ):
            join(self.acme, self.users[name], role)
        join(self.globex, self.users["mallory"], Role.ADMIN)
        self.file = make_file(self.acme, self.users["owner"], name="plan.txt")
        self.foreign = make_file(self.globex, self.users["mallory"], name="secret.txt")
        for name in ("admin", "member", "owner", "viewer"):
            counters.record_download(file=self.file, user=self.users[name])
        # The member was of Globex once, too.
        counters.record_download(file=self.foreign, user=self.users["member"])
        counters.record_download(file=self.foreign, user=self.users["mallory"])
        counters.record_download(file=self.file)

    def get(self, who: str, path: str, **parameters: Any) -> Any:
        return signed_in(self.users[who]).get(f"/api/{path}", parameters)

    def pk(self, name: str) -> Any:
        return self.users[name].pk if name in self.users else UNKNOWN


@pytest.fixture
def world(db: None) -> World:
    return World()


def use(settings: Any, policy: str) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}


def rows(response: Any) -> list[Any]:
    assert response.status_code == 200, response.content
    found: list[Any] = response.json()["results"]
    return found


def names(response: Any) -> list[str | None]:
    return [row["file"]["name"] for row in rows(response)]


def test_plain_list__is_ones_own_newest_first(world: World) -> None:
    for who, expected in (
        ("member", [world.foreign, world.file]),
        ("admin", [world.file]),
        ("operator", []),
    ):
        for answer in (
            world.get(who, "downloads/"),
            world.get(who, "downloads/", user=world.pk(who)),
            world.get(who, f"users/{world.pk(who)}/downloads/"),
        ):
            ids = [row["file"]["id"] for row in rows(answer)]
            assert ids == [str(file.public_id) for file in expected]


@pytest.mark.parametrize(
    ("policy", "who", "expected"),
    [
        # Member of Acme, and of Globex once; neither file is theirs.
        (OPEN, "member", [("secret.txt", "Globex"), ("plan.txt", "Acme")]),
        (ORGANIZATION, "member", [(None, None), ("plan.txt", "Acme")]),
        (OWNER, "member", [(None, None), (None, "Acme")]),
        (ORGANIZATION, "owner", [("plan.txt", "Acme")]),
        (OWNER, "owner", [("plan.txt", "Acme")]),
    ],
)
def test_names__are_those_that_the_reader_sees_now(
    world: World, settings: Any, policy: str, who: str, expected: list[tuple[Any, Any]]
) -> None:
    use(settings, policy)

    found = rows(world.get(who, "downloads/"))

    assert [(row["file"]["name"], row["organization"]["name"]) for row in found] == expected
    keys = {world.acme.pk, world.globex.pk}
    assert {row["organization"]["id"] for row in found} <= keys


def test_names_in_every_log__are_hidden_from_a_former_member(world: World) -> None:
    logs = (
        ("admin", f"users/{world.pk('member')}/downloads/"),
        ("admin", f"organizations/{world.acme.pk}/downloads/"),
        ("owner", f"files/{world.file.public_id}/downloads/"),
        ("operator", f"users/{world.pk('member')}/downloads/"),
    )
    for who, log in logs:
        found = [row for row in rows(world.get(who, log)) if row["user"]]
        assert {row["file"]["name"] for row in found} >= {"plan.txt"}

    Membership.objects.filter(organization=world.acme).delete()
    for field, value in (("name", "acquisition.txt"), ("deleted_at", timezone.now())):
        type(world.file).objects.filter(pk=world.file.pk).update(**{field: value})

    (row,) = rows(world.get("admin", "downloads/"))
    assert row["file"] == {"id": str(world.file.public_id), "name": None}
    assert row["organization"] == {"id": world.acme.pk, "name": None}
    operator = rows(world.get("operator", f"users/{world.pk('member')}/downloads/"))
    assert [row["file"]["name"] for row in operator] == ["secret.txt", "acquisition.txt"]
    assert {row["organization"]["name"] for row in operator} == {"Acme", "Globex"}


def test_name_of_a_file_in_the_trash__stays(world: World) -> None:
    type(world.file).objects.filter(pk=world.file.pk).update(deleted_at=timezone.now())

    assert names(world.get("admin", "downloads/")) == ["plan.txt"]


def test_name_of_a_removed_file__is_for_those_who_see_its_organization(world: World) -> None:
    world.file.delete()

    assert names(world.get("admin", "downloads/")) == ["plan.txt"]
    Membership.objects.filter(user=world.users["admin"]).delete()
    assert names(world.get("admin", "downloads/")) == [None]


def test_file_removed_by_sql__has_no_name(world: World) -> None:
    type(world.file)._base_manager.filter(pk=world.file.pk)._raw_delete("default")

    for repair in (False, True):
        counters.verify(repair=repair)
        assert names(world.get("admin", "downloads/")) == [None]
        assert names(world.get("operator", f"users/{world.pk('admin')}/downloads/")) == [None]


def test_log__does_not_name_another_file_with_the_same_key(world: World) -> None:
    key = world.file.pk
    world.file.delete()
    again = make_file(world.globex, world.users["mallory"], name="other.txt", pk=key)

    assert names(world.get("admin", "downloads/")) == ["plan.txt"]
    assert names(world.get("mallory", f"files/{again.public_id}/downloads/")) == []


def test_page_of_a_log__takes_as_many_statements_for_many_rows_as_for_few(
    world: World,
) -> None:
    def statements(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert (
                len(names(world.get("admin", f"organizations/{world.acme.pk}/downloads/")))
                == number
            )
        return len(captured)

    world.foreign.delete()
    removed = make_file(world.acme)
    counters.record_download(file=removed)
    removed.delete()
    few = statements(6)
    for _ in range(10):
        file = make_file(world.acme)
        counters.record_download(file=file, user=make_user())
        if file.pk % 2:
            file.delete()

    assert statements(16) == few


@pytest.mark.parametrize(
    ("policy", "who", "whose", "by_parameter", "by_path"),
    [
        (OPEN, "nobody", "member", 2, 2),
        (OPEN, "nobody", "unknown", 0, 404),
        # An admin sees the rows of the organization, of its members.
        (ORGANIZATION, "admin", "member", 1, 1),
        (ORGANIZATION, "admin", "mallory", 403, 404),
        (ORGANIZATION, "admin", "unknown", 403, 404),
        # Members see each other, but not what they download.
        (ORGANIZATION, "member", "admin", 403, 403),
        (OWNER, "admin", "member", 403, 404),
        (OWNER, "operator", "member", 2, 2),
    ],
)
def test_downloads_of_another__are_seen_where_the_policy_allows(
    world: World,
    settings: Any,
    policy: str,
    who: str,
    whose: str,
    by_parameter: int,
    by_path: int,
) -> None:
    use(settings, policy)

    parameter = world.get(who, "downloads/", user=world.pk(whose))
    path = world.get(who, f"users/{world.pk(whose)}/downloads/")

    for response, expected in ((parameter, by_parameter), (path, by_path)):
        if expected >= 400:
            assert response.status_code == expected
        else:
            assert response.json()["count"] == expected


def test_user_that_is_no_id__is_400(client: Client, world: World) -> None:
    for asked in ("abc", "01", "9" * 5000, " 1", "1.0"):
        response = client.get("/api/downloads/", {"user": asked})
        assert (response.status_code, list(response.json())) == (400, ["user"])
    assert len(names(world.get("member", "downloads/", user=""))) == 2


def test_user_is_no_parameter_of_other_logs(world: World) -> None:
    for path in (
        f"files/{world.file.public_id}/downloads/",
        f"organizations/{world.acme.pk}/downloads/",
        f"users/{world.pk('admin')}/downloads/",
    ):
        assert world.get("admin", path, user=world.pk("admin")).status_code == 400


def test_log_of_a_file_and_of_an_organization__have_every_row(world: World, settings: Any) -> None:
    for policy, who, of_file, of_organization in (
        (ORGANIZATION, "admin", 5, 5),
        (OWNER, "operator", 5, 5),
        # There no user but an operator sees another's downloads.
        (OWNER, "admin", None, 1),
        (OWNER, "owner", 5, None),
    ):
        use(settings, policy)
        if of_file is not None:
            found = world.get(who, f"files/{world.file.public_id}/downloads/")
            assert found.json()["count"] == of_file
        if of_organization is not None:
            found = world.get(who, f"organizations/{world.acme.pk}/downloads/")
            assert found.json()["count"] == of_organization


def test_download_without_a_user__names_none(world: World) -> None:
    rows = world.get("admin", f"organizations/{world.acme.pk}/downloads/").json()["results"]

    assert rows[0]["user"] is None
    assert rows[0]["link"] is None
    assert rows[-1]["user"] == {
        "id": world.pk("admin"),
        "name": world.users["admin"].get_username(),
    }


def test_name_of_a_user__is_the_full_name_where_there_is_one(world: World) -> None:
    member = world.users["member"]
    member.first_name, member.last_name = "Ada", "Lovelace"
    member.save()

    assert world.get("member", "downloads/").json()["results"][0]["user"]["name"] == "Ada Lovelace"


def test_log__outlives_what_it_names(world: World) -> None:
    file_id = str(world.file.public_id)
    world.file.delete()
    world.users["member"].delete()
    Membership.objects.filter(organization=world.globex).delete()
    world.foreign.delete()
    world.globex.delete()

    rows = world.get("operator", f"organizations/{world.acme.pk}/downloads/").json()["results"]

    assert len(rows) == 5
    assert {row["file"]["id"] for row in rows} == {file_id}
    assert {row["file"]["name"] for row in rows} == {world.file.name}
    assert [row["user"] for row in rows].count(None) == 2
    assert {type(row["id"]) for row in rows} == {str}
    own = world.get("mallory", "downloads/").json()["results"]
    assert own[0]["organization"] is None


def test_ordering__is_by_time_in_both_directions(world: World) -> None:
    newest = world.get("member", "downloads/", ordering="-downloaded_at").json()["results"]
    oldest = world.get("member", "downloads/", ordering="downloaded_at").json()["results"]

    assert newest == oldest[::-1]
    assert world.get("member", "downloads/").json()["results"] == newest
    times = [row["downloaded_at"] for row in oldest]
    assert times == sorted(times)


def test_former_member__keeps_their_own_log_alone(
    world: World, settings: Any, organization: AbstractOrganization
) -> None:
    use(settings, ORGANIZATION)
    Membership.objects.filter(user=world.users["admin"]).delete()

    assert names(world.get("admin", "downloads/")) == [None]
    assert world.get("admin", "downloads/", user=world.pk("member")).status_code == 403
    assert world.get("admin", f"organizations/{world.acme.pk}/downloads/").status_code == 404
    assert world.get("admin", f"files/{world.file.public_id}/downloads/").status_code == 404
