"""The members of an organization, and their roles."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from org_files.models import AbstractOrganization
from org_files.testing.factories import join, make_file, make_organization, make_user
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


@pytest.mark.parametrize(
    "parameter",
    ["role", "user", "search", "expand", "organization", "user__password", "_connector", "days"],
)
def test_list__takes_no_other_parameter(admin: Caller, path: str, parameter: str) -> None:
    answer = admin.get(path, **{parameter: "admin"})

    assert (answer.status, list(answer.body)) == (400, [parameter])


@pytest.mark.parametrize("ordering", ["user", "role", "user__password", "id", "-", "name"])
def test_list__has_no_other_ordering(admin: Caller, path: str, ordering: str) -> None:
    assert admin.get(path, ordering=ordering).status == 400


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
@pytest.mark.parametrize("by", ["admin", "operator"])
def test_role__is_changed(
    request: pytest.FixtureRequest,
    acme: AbstractOrganization,
    admin: Caller,
    member: Caller,
    path: str,
    by: str,
    role: str,
) -> None:
    who = request.getfixturevalue(by)

    answer = who.patch(f"{path}{member.user.pk}/", {"role": role})

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


@pytest.mark.parametrize("role", ["owner", "", None, ["admin"], {"admin": 1}, "ADMIN", "admin\0"])
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


def test_one_member__is_not_shown_by_a_page_of_their_own(
    admin: Caller, member: Caller, path: str
) -> None:
    for method in ("GET", "PUT", "POST"):
        answer = admin.send(method, f"{path}{member.user.pk}/", {"role": "viewer"})
        assert (answer.status, answer.code) == (405, "method_not_allowed")


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


def test_roles__are_read_upload_and_manage(
    admin: Caller, member: Caller, viewer: Caller, acme: AbstractOrganization, path: str
) -> None:
    file = make_file(acme)
    allowed = {}
    for who in (viewer, member, admin):
        upload = who.client.post("/api/files/", {"file": BytesIO(b"x")}).status_code
        allowed[who.user] = (
            who.get(f"files/{file.public_id}/").status,
            upload,
            who.patch(f"organizations/{acme.pk}/", {}).status,
            who.get(f"organizations/{acme.pk}/downloads/").status,
        )

    assert list(allowed.values()) == [
        (200, 403, 403, 403),
        (200, 201, 403, 403),
        (200, 201, 200, 200),
    ]


def test_session_without_a_csrf_token__changes_nothing(
    admin: Caller, member: Caller, acme: AbstractOrganization, path: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin.user)
    before = roles(acme)

    for method in ("patch", "delete"):
        response = getattr(browser, method)(
            f"/api/{path}{member.user.pk}/", {"role": "admin"}, content_type="application/json"
        )
        assert response.status_code == 403
    assert roles(acme) == before


def test_disabled_member__is_out_at_once(
    admin: Caller, member: Caller, acme: AbstractOrganization, path: str
) -> None:
    get_user_model().objects.filter(pk=member.user.pk).update(is_active=False)

    assert member.get(path).status == 401
    assert member.delete(f"{path}{member.user.pk}/").status == 401
    assert member.user.pk in roles(acme)


def test_id_of_a_member__is_taken_in_the_form_in_which_it_is_shown(
    admin: Caller, acme: AbstractOrganization, member: Caller, path: str
) -> None:
    pk = member.user.pk
    missing = admin.delete(f"{path}4711471147/")
    for id in (
        f"0{pk}",
        f"+{pk}",
        f"{pk}.0",
        f"{pk}%0A",
        f"{pk}%00",
        "me",
        "%EF%BC%91",
        "9" * 5000,
    ):
        for answer in (
            admin.delete(f"{path}{id}/"),
            admin.patch(f"{path}{id}/", {"role": "admin"}),
        ):
            assert (answer.status, answer.content) == (404, missing.content)
    assert roles(acme)[pk] == "member"


@pytest.mark.parametrize("who", ["admin", "viewer"])
def test_pages_for_browsers__answer_to_everything(
    request: pytest.FixtureRequest, admin: Caller, member: Caller, path: str, who: str
) -> None:
    client = request.getfixturevalue(who).client
    own = f"{path}{member.user.pk}/"
    answers = {
        (method, place): client.generic(
            method,
            f"/api/{place}",
            b'{"role": "king"}',
            content_type="application/json",
            headers={"Accept": "text/html"},
        )
        for method in ("GET", "POST", "PUT", "PATCH", "OPTIONS")
        for place in (path, own, f"{path}4711471147/", "organizations/4711471147/members/")
    }

    statuses = {key: response.status_code for key, response in answers.items()}
    assert set(statuses.values()) <= {200, 400, 403, 404, 405}
    changed = 400 if who == "admin" else 403
    assert (statuses["POST", path], statuses["PATCH", own]) == (changed, changed)
    assert statuses["GET", own] == 405
    assert {response.headers["Content-Type"] for response in answers.values()} == {
        "text/html; charset=utf-8"
    }


def test_options__tell_nothing_of_what_is_not_seen(
    viewer: Caller, acme: AbstractOrganization
) -> None:
    hidden, gone = make_organization("Hidden"), make_organization("Gone")
    gone_pk = gone.pk
    gone.delete()
    for tail in ("", "members/", "usage/", "members/1/"):
        answers = [
            viewer.send("OPTIONS", f"organizations/{pk}/{tail}") for pk in (hidden.pk, gone_pk)
        ]
        assert answers[0].status == answers[1].status
        assert answers[0].content == answers[1].content
