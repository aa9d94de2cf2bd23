"""The members of an organization, and their roles."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from org_files.models import AbstractOrganization
from org_files.testing.factories import join, make_file, make_user
from tests.organizations.calls import Caller, roles


@pytest.fixture
def path(acme: AbstractOrganization) -> str:
    return f"organizations/{acme.pk}/members/"


def test_list__is_a_page_in_the_order_in_which_they_came(
    admin: Caller, member: Caller, viewer: Caller, path: str
) -> None:
    answer = viewer.get(path)

    assert answer.body == {
        "count": 3,
        "next": None,
        "previous": None,
        "results": [
            {"id": who.user.pk, "name": who.user.email, "role": role}
            for who, role in ((admin, "admin"), (member, "member"), (viewer, "viewer"))
        ],
    }
    falling = viewer.get(path, ordering="-created_at").body["results"]
    assert falling == answer.body["results"][::-1]


def test_list__pages_by_number_and_by_cursor(
    acme: AbstractOrganization, admin: Caller, path: str
) -> None:
    # All came at one moment.
    now = timezone.now() + timedelta(hours=1)
    for _ in range(6):
        join(acme, make_user(), created_at=now)
    whole = [row["id"] for row in admin.get(path).body["results"]]

    by_number = [
        row["id"]
        for page in ("1", "2", "3")
        for row in admin.get(path, page=page, page_size="3").body["results"]
    ]
    answer = admin.get(path, cursor="", page_size="3")
    by_cursor = [row["id"] for row in answer.body["results"]]
    while answer.body["next"]:
        answer = admin.get(answer.body["next"].partition("/api/")[2])
        by_cursor += [row["id"] for row in answer.body["results"]]

    assert len(whole) == 7
    assert by_number == by_cursor == whole
    assert admin.get(path, page="4", page_size="3").status == 404


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_role__is_changed(
    acme: AbstractOrganization, admin: Caller, member: Caller, path: str, role: str
) -> None:
    answer = admin.patch(f"{path}{member.user.pk}/", {"role": role})

    shown = {"id": member.user.pk, "name": member.user.email, "role": role}
    assert (answer.status, answer.body) == (200, shown)
    assert roles(acme) == {admin.user.pk: "admin", member.user.pk: role}


def test_other_fields_of_a_member__are_ignored(
    admin: Caller, acme: AbstractOrganization, member: Caller, path: str, colleague: Any
) -> None:
    body = {"user": colleague.pk, "id": colleague.pk, "name": "Eve", "organization": 1}

    answer = admin.patch(f"{path}{member.user.pk}/", body)

    assert (answer.status, answer.body["id"]) == (200, member.user.pk)
    assert roles(acme) == {admin.user.pk: "admin", member.user.pk: "member"}


@pytest.mark.parametrize("role", ["owner", None, ["admin"], "ADMIN"])
def test_role_that_there_is_not__is_400(
    admin: Caller, acme: AbstractOrganization, member: Caller, path: str, role: Any
) -> None:
    answer = admin.patch(f"{path}{member.user.pk}/", {"role": role})

    assert (answer.status, list(answer.body)) == (400, ["role"])
    assert roles(acme)[member.user.pk] == "member"


def test_removed_member__is_out(
    admin: Caller, acme: AbstractOrganization, member: Caller, path: str
) -> None:
    file = make_file(acme, member.user)

    answer = admin.delete(f"{path}{member.user.pk}/")

    assert (answer.status, answer.content) == (204, b"")
    assert roles(acme) == {admin.user.pk: "admin"}
    assert member.get(f"organizations/{acme.pk}/").status == 404
    assert member.get(f"files/{file.public_id}/").status == 404
    assert admin.get(f"files/{file.public_id}/").body["owner"]["id"] == member.user.pk
    assert admin.delete(f"{path}{member.user.pk}/").status == 404


def test_membership__is_read_per_request_and_never_from_a_token(
    admin: Caller, member: Caller, acme: AbstractOrganization, path: str
) -> None:
    own = f"{path}{member.user.pk}/"

    def upload() -> int:
        response = member.client.post("/api/files/", {"file": BytesIO(b"x")})
        return int(response.status_code)

    def manage() -> int:
        return member.patch(f"organizations/{acme.pk}/", {"description": "x"}).status

    def read() -> int:
        return member.get(f"organizations/{acme.pk}/").status

    assert (read(), upload(), manage()) == (200, 201, 403)
    admin.patch(own, {"role": "viewer"})
    assert (read(), upload(), manage()) == (200, 403, 403)
    admin.patch(own, {"role": "admin"})
    assert (read(), upload(), manage()) == (200, 201, 200)
    admin.delete(own)
    assert (read(), upload(), manage()) == (404, 403, 404)
    assert admin.get(f"organizations/{acme.pk}/files/").body["count"] == 2
