"""The members of an organization, and their roles."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from org_files import organizations
from org_files.models import Membership
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import roles


@pytest.fixture
def path(acme):
    return f"organizations/{acme.pk}/members/"


def test_list__is_a_page_in_the_order_in_which_they_came(admin, member, viewer, path):
    answer = viewer.get(path)

    assert answer.body == {
        "count": 3,
        "count_is": "exact",
        "next": None,
        "previous": None,
        "results": [
            {"id": who.user.pk, "name": who.user.email, "role": role}
            for who, role in ((admin, "admin"), (member, "member"), (viewer, "viewer"))
        ],
    }
    falling = viewer.get(path, ordering="-created_at").body["results"]
    assert falling == answer.body["results"][::-1]


def test_list__pages_by_number_and_by_cursor(acme, admin, path):
    # All came at one moment.
    now = timezone.now() + timedelta(hours=1)
    for _ in range(4):
        join(acme, make_user(), created_at=now)
    whole = [row["id"] for row in admin.get(path).body["results"]]

    by_number = [
        row["id"]
        for page in ("1", "2", "3")
        for row in admin.get(path, page=page, page_size="2").body["results"]
    ]
    answer = admin.get(path, cursor="", page_size="2")
    by_cursor = [row["id"] for row in answer.body["results"]]
    while answer.body["next"]:
        answer = admin.get(answer.body["next"].partition("/api/")[2])
        by_cursor += [row["id"] for row in answer.body["results"]]

    assert len(whole) == 5
    assert by_number == by_cursor == whole
    assert admin.get(path, page="4", page_size="2").status == 404


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_role__is_changed_and_no_other_field(acme, admin, member, path, role, colleague):
    body = {"user": colleague.pk, "id": colleague.pk, "name": "Eve", "organization": 1}

    answer = admin.patch(f"{path}{member.user.pk}/", body | {"role": role})

    shown = {"id": member.user.pk, "name": member.user.email, "role": role}
    assert (answer.status, answer.body) == (200, shown)
    assert roles(acme) == {admin.user.pk: "admin", member.user.pk: role}


def test_role_that_there_is_not__is_400(admin, acme, member, path, colleague):
    for role in ("owner", None, ["admin"], "ADMIN"):
        for answer in (
            admin.patch(f"{path}{member.user.pk}/", {"role": role}),
            admin.post(path, {"user": colleague.pk, "role": role}),
        ):
            assert (answer.status, list(answer.body)) == (400, ["role"])
    assert roles(acme) == {admin.user.pk: "admin", member.user.pk: "member"}


def test_user_of_another_organization__is_missing_from_this_one(admin, operator, path, colleague):
    stranger = make_user("stranger")
    for who in (admin, operator):
        for method in ("PATCH", "DELETE"):
            answers = [
                who.send(method, f"{path}{user}/", {"role": "admin"})
                for user in (colleague.pk, stranger.pk, 0, "x")
            ]
            assert {answer.status for answer in answers} == {404}
            assert len({answer.content for answer in answers}) == 1


def test_removed_member__is_out(admin, acme, member, path):
    file = make_file(acme, member.user)

    answer = admin.delete(f"{path}{member.user.pk}/")

    assert (answer.status, answer.content) == (204, b"")
    assert roles(acme) == {admin.user.pk: "admin"}
    assert admin.get(f"files/{file.public_id}/").body["owner"]["id"] == member.user.pk
    assert admin.delete(f"{path}{member.user.pk}/").status == 404


def test_membership__is_read_per_request_and_never_from_a_token(admin, member, acme, path):
    own = f"{path}{member.user.pk}/"

    def allowed():
        """Return the answers to reading, uploading and managing."""
        uploaded = member.client.post("/api/files/", {"file": BytesIO(b"x")})
        organization = f"organizations/{acme.pk}/"
        managed = member.patch(organization, {"description": "x"})
        return member.get(organization).status, uploaded.status_code, managed.status

    assert allowed() == (200, 201, 403)
    admin.patch(own, {"role": "viewer"})
    assert allowed() == (200, 403, 403)
    admin.patch(own, {"role": "admin"})
    assert allowed() == (200, 201, 200)
    admin.delete(own)
    assert allowed() == (404, 403, 404)


# Adding.


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_admin__adds_a_user_that_they_see(admin, acme, path, colleague, role):
    other = make_organization("Globex")
    body = {"user": str(colleague.pk), "role": role, "organization": other.pk, "id": 4711471147}
    body |= {"created_at": "1999-01-01T00:00:00Z", "name": "Somebody", "is_staff": True}

    answer = admin.post(path, body)

    shown = {"id": colleague.pk, "name": "Grace Hopper", "role": role}
    assert (answer.status, answer.body) == (201, shown)
    assert admin.get(path).body["results"][-1] == shown
    membership = Membership.objects.get(organization=acme, user=colleague)
    assert (membership.role, membership.created_at.year > 2000) == (role, True)
    assert not Membership.objects.filter(organization=other).exists()
    colleague.refresh_from_db()
    assert not colleague.is_staff


def test_body_without_user_and_role__is_400(admin, path):
    answer = admin.post(path, {})

    assert (answer.status, sorted(answer.body)) == (400, ["role", "user"])


def test_user_that_one_cannot_see__is_refused_like_one_that_does_not_exist(
    admin, acme, path, operator
):
    hidden, gone = make_user("hidden"), make_user("gone")
    gone_pk = gone.pk
    gone.delete()
    users = [hidden.pk, operator.user.pk, gone_pk, -1, 1.5, 10**30, "x", f"0{hidden.pk}"]
    users += [f"{hidden.pk}x", "\uff11", hidden.email]

    answers = [admin.post(path, {"user": user, "role": "viewer"}) for user in users]

    assert {answer.status for answer in answers} == {400}
    assert {answer.content for answer in answers} == {b'{"user":["There is no such user."]}'}
    for user in ("", [hidden.pk], True, "a\0b"):
        answer = admin.post(path, {"user": user, "role": "viewer"})
        assert (answer.status, list(answer.body)) == (400, ["user"])
    assert roles(acme) == {admin.user.pk: "admin"}


def test_member__is_not_added_twice(admin, acme, member, path):
    answer = admin.post(path, {"user": member.user.pk, "role": "admin"})

    assert (answer.status, answer.body) == (
        400,
        {"user": ["Belongs to the organization already."]},
    )
    assert roles(acme)[member.user.pk] == "member"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gone", ["user", "organization"])
def test_user_or_organization_that_goes_at_this_moment__is_one_that_does_not_exist(
    admin, path, colleague, monkeypatch, gone
):
    add = organizations.add_member

    def add_afterwards(**values):
        values[gone].__class__.objects.get(pk=values[gone].pk).delete()
        return add(**values)

    monkeypatch.setattr(organizations, "add_member", add_afterwards)

    answer = admin.post(path, {"user": colleague.pk, "role": "viewer"})

    if gone == "user":
        assert (answer.status, answer.body) == (400, {"user": ["There is no such user."]})
    else:
        assert (answer.status, answer.code) == (404, "not_found")
    assert not Membership.objects.filter(user=colleague.pk, role="viewer").exists()
