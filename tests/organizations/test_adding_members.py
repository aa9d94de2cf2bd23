"""POST organizations/{id}/members/: an admin adds those whom they see, and operators anybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from org_files import organizations
from org_files.models import AbstractOrganization, Membership
from org_files.testing.factories import make_organization, make_user
from tests.organizations.calls import Caller, caller, roles


@pytest.fixture
def path(acme: AbstractOrganization) -> str:
    return f"organizations/{acme.pk}/members/"


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_admin__adds_a_user_that_they_see(
    admin: Caller, acme: AbstractOrganization, path: str, colleague: Any, role: str
) -> None:
    answer = admin.post(path, {"user": str(colleague.pk), "role": role})

    shown = {"id": colleague.pk, "name": "Grace Hopper", "role": role}
    assert (answer.status, answer.body) == (201, shown)
    assert admin.get(path).body["results"][-1] == shown
    assert roles(acme)[colleague.pk] == role
    assert caller(colleague).get(f"organizations/{acme.pk}/").status == 200


def test_other_fields__are_ignored(
    admin: Caller, acme: AbstractOrganization, path: str, colleague: Any
) -> None:
    other = make_organization("Globex")
    body = {"user": colleague.pk, "role": "viewer", "organization": other.pk, "id": 4711471147}
    body |= {"created_at": "1999-01-01T00:00:00Z", "name": "Somebody", "is_staff": True}

    assert admin.post(path, body).status == 201

    membership = Membership.objects.get(organization=acme, user=colleague)
    assert (membership.role, membership.created_at.year > 2000) == ("viewer", True)
    assert not Membership.objects.filter(organization=other).exists()
    assert not get_user_model().objects.get(pk=colleague.pk).is_staff


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["role", "user"]),
        ({"user": "{user}", "role": "Admin"}, ["role"]),
        ({"user": "{user}", "role": None}, ["role"]),
        ({"user": "", "role": "viewer"}, ["user"]),
        ({"user": ["{user}"], "role": "viewer"}, ["user"]),
        ({"user": True, "role": "viewer"}, ["user"]),
        ({"user": "a\0b", "role": "viewer"}, ["user"]),
    ],
)
def test_body_that_does_not_validate__is_400(
    admin: Caller,
    acme: AbstractOrganization,
    path: str,
    colleague: Any,
    body: dict[str, Any],
    fields: list[str],
) -> None:
    if body.get("user") == "{user}":
        body = body | {"user": colleague.pk}
    if body.get("user") == ["{user}"]:
        body = body | {"user": [colleague.pk]}

    answer = admin.post(path, body)

    assert (answer.status, sorted(answer.body)) == (400, fields)
    assert roles(acme) == {admin.user.pk: "admin"}


def test_user_that_one_cannot_see__is_refused_like_one_that_does_not_exist(
    admin: Caller, acme: AbstractOrganization, path: str
) -> None:
    hidden, gone = make_user("hidden"), make_user("gone")
    operator = make_user("operator", is_staff=True)
    gone_pk = gone.pk
    gone.delete()

    missing = [gone_pk, 0, -1, 1.5, 10**30, "x", f"0{hidden.pk}", f"{hidden.pk}x"]
    missing += ["\uff11", "9" * 300, hidden.email]

    answers = [
        admin.post(path, {"user": user, "role": "viewer"})
        for user in (hidden.pk, operator.pk, *missing)
    ]

    assert {answer.status for answer in answers} == {400}
    assert {answer.content for answer in answers} == {b'{"user":["There is no such user."]}'}
    assert roles(acme) == {admin.user.pk: "admin"}


def test_member__is_not_added_twice(
    admin: Caller, acme: AbstractOrganization, member: Caller, path: str
) -> None:
    for role in ("member", "admin"):
        answer = admin.post(path, {"user": member.user.pk, "role": role})
        assert (answer.status, answer.body) == (
            400,
            {"user": ["Belongs to the organization already."]},
        )
    assert roles(acme)[member.user.pk] == "member"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gone", ["user", "organization"])
def test_user_or_organization_that_goes_at_this_moment__is_one_that_does_not_exist(
    admin: Caller, path: str, colleague: Any, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    add = organizations.add_member

    def add_afterwards(**values: Any) -> Any:
        values[gone].__class__.objects.get(pk=values[gone].pk).delete()
        return add(**values)

    monkeypatch.setattr(organizations, "add_member", add_afterwards)

    answer = admin.post(path, {"user": colleague.pk, "role": "viewer"})

    if gone == "user":
        assert (answer.status, answer.body) == (400, {"user": ["There is no such user."]})
    else:
        assert (answer.status, answer.code) == (404, "not_found")
    assert not Membership.objects.filter(user=colleague.pk, role="viewer").exists()
