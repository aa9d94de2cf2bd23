"""The log of downloads: whose rows are shown, and which names the reader sees in them."""

import pytest
from django.utils import timezone

from org_files import counters
from org_files.models import Membership, Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.rest.requests import signed_in


class World:
    """Acme with an admin, two members and a viewer; Globex with a member; an operator.

    Each member of Acme has downloaded its file once, and the member and Mallory that of Globex.
    """

    def __init__(self):
        self.acme = make_organization("Acme")
        self.globex = make_organization("Globex")
        names = ("admin", "member", "owner", "viewer", "mallory", "operator")
        self.users = {name: make_user(name, is_staff=name == "operator") for name in names}
        for name in names[:4]:
            join(self.acme, self.users[name], Role.ADMIN if name == "admin" else Role.MEMBER)
        join(self.globex, self.users["mallory"], Role.ADMIN)
        self.file = make_file(self.acme, self.users["owner"], name="plan.txt")
        self.foreign = make_file(self.globex, self.users["mallory"], name="secret.txt")
        for name in names[:4]:
            counters.record_download(file=self.file, user=self.users[name])
        # The member was of Globex once, too.
        counters.record_download(file=self.foreign, user=self.users["member"])
        counters.record_download(file=self.foreign, user=self.users["mallory"])
        counters.record_download(file=self.file)
        self.of_acme = f"organizations/{self.acme.pk}/downloads/"
        self.of_file = f"files/{self.file.public_id}/downloads/"
        self.of_admin = f"users/{self.users['admin'].pk}/downloads/"
        self.of_member = f"users/{self.users['member'].pk}/downloads/"

    def get(self, who, path="downloads/", **parameters):
        return signed_in(self.users[who]).get(f"/api/{path}", parameters)

    def rows(self, who, path="downloads/", **parameters):
        response = self.get(who, path, **parameters)
        assert response.status_code == 200, response.content
        return response.json()["results"]

    def names(self, who, path="downloads/"):
        return [row["file"]["name"] for row in self.rows(who, path)]


@pytest.fixture
def world(db):
    return World()


def test_lists__have_the_rows_of_their_users_newest_first(world):
    for who, expected in (
        ("member", [world.foreign, world.file]),
        ("admin", [world.file]),
        ("operator", []),
    ):
        pk = world.users[who].pk
        for path, asked in (("downloads/", ""), ("downloads/", pk), (f"users/{pk}/downloads/", "")):
            rows = world.rows(who, path, **({"user": asked} if asked else {}))
            assert [row["file"]["id"] for row in rows] == [str(file.public_id) for file in expected]
    assert len(world.rows("owner", world.of_file)) == len(world.rows("admin", world.of_acme)) == 5
    # An admin sees the rows of the organization, of its members.
    assert len(world.rows("admin", user=world.users["member"].pk)) == 1
    assert world.rows("member", user="") == world.rows("member", ordering="-downloaded_at")
    assert world.rows("member", ordering="downloaded_at") == world.rows("member")[::-1]


@pytest.mark.parametrize(
    ("policy", "who", "expected"),
    [
        # Member of Acme, and of Globex once; neither file is theirs.
        ("OpenPolicy", "member", [("secret.txt", "Globex"), ("plan.txt", "Acme")]),
        ("OrganizationPolicy", "member", [(None, None), ("plan.txt", "Acme")]),
        ("OwnerPolicy", "member", [(None, None), (None, "Acme")]),
    ],
)
def test_names__are_those_that_the_reader_sees_now(world, settings, policy, who, expected):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    found = world.rows(who)

    assert [(row["file"]["name"], row["organization"]["name"]) for row in found] == expected
    assert {row["organization"]["id"] for row in found} <= {world.acme.pk, world.globex.pk}


def test_names_in_every_log__are_hidden_from_a_former_member(world):
    logs = (
        ("admin", world.of_member),
        ("admin", world.of_acme),
        ("owner", world.of_file),
        ("operator", world.of_member),
    )
    for who, log in logs:
        assert "plan.txt" in world.names(who, log)

    Membership.objects.filter(organization=world.acme).delete()
    for field, value in (("name", "acquisition.txt"), ("deleted_at", timezone.now())):
        type(world.file).objects.filter(pk=world.file.pk).update(**{field: value})

    (row,) = world.rows("admin")
    assert row["file"] == {"id": str(world.file.public_id), "name": None}
    assert row["organization"] == {"id": world.acme.pk, "name": None}
    operator = world.rows("operator", world.of_member)
    assert [row["file"]["name"] for row in operator] == ["secret.txt", "acquisition.txt"]
    assert {row["organization"]["name"] for row in operator} == {"Acme", "Globex"}


def test_name_of_a_file_in_the_trash_or_removed__is_for_those_who_see_its_organization(world):
    type(world.file).objects.filter(pk=world.file.pk).update(deleted_at=timezone.now())
    assert world.names("admin") == ["plan.txt"]
    key = world.file.pk
    world.file.delete()
    assert world.names("admin") == ["plan.txt"]
    # Another file with the same key is not taken for it.
    again = make_file(world.globex, world.users["mallory"], name="other.txt", pk=key)
    assert world.names("admin") == ["plan.txt"]
    assert world.names("mallory", f"files/{again.public_id}/downloads/") == []

    Membership.objects.filter(user=world.users["admin"]).delete()
    assert world.names("admin") == [None]


def test_file_removed_by_sql__has_no_name(world):
    type(world.file)._base_manager.filter(pk=world.file.pk)._raw_delete("default")

    for repair in (False, True):
        counters.verify(repair=repair)
        assert world.names("admin") == world.names("operator", world.of_admin) == [None]


def test_parameter_that_a_log_does_not_take__is_400(world):
    for asked in ("abc", "01"):
        response = world.get("member", user=asked)
        assert (response.status_code, list(response.json())) == (400, ["user"])
    for path in (world.of_file, world.of_acme, world.of_admin):
        assert world.get("admin", path, user=world.users["admin"].pk).status_code == 400


def test_log__outlives_what_it_names(world):
    world.file.delete()
    world.users["member"].delete()
    Membership.objects.filter(organization=world.globex).delete()
    world.foreign.delete()
    world.globex.delete()

    rows = world.rows("operator", world.of_acme)

    shown = {(row["file"]["id"], row["file"]["name"]) for row in rows}
    assert shown == {(str(world.file.public_id), "plan.txt")}
    assert [row["user"] for row in rows].count(None) == 2
    assert len(rows) == 5
    assert world.rows("mallory")[0]["organization"] is None
