"""What the OpenAPI schema says of accounts and users is what the API does."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from org_files.models import Role
from org_files.testing.factories import join, make_user
from tests.rest.contents import make_avatar
from tests.rest.requests import MULTIPART, closed, part, signed_in

PASSWORD = "Correct-horse-7"
PROFILE = {
    "email": "new@example.com",
    "first_name": "New",
    "last_name": "Comer",
    "phone": "+4930123456",
}


def properties(contract, name):
    """The names of the properties of a component."""
    return contract.schema["components"]["schemas"][name]["properties"].keys()


# One's own account


def test_registration__takes_what_the_schema_lists_and_no_more(contract, answer, db):
    values = PROFILE | {"password": PASSWORD}
    schema = contract.schema["components"]["schemas"]["Registration"]
    assert properties(contract, "Registration") == values.keys()
    assert schema["required"] == ["email", "password"]
    created = answer("auth_register", by=Client(), json=values)
    assert created.status_code == 201
    body = created.json()
    assert body.keys() == properties(contract, "User")
    assert PROFILE.items() <= body.items()
    assert (body["avatar_url"], body["organizations"]) == (None, [])
    least = {name: values[name] for name in schema["required"]} | {"email": "least@example.com"}
    assert answer("auth_register", by=Client(), json=least).status_code == 201


@pytest.mark.parametrize(
    "change",
    [{"email": "nobody"}, {"email": None}, {"phone": "030"}, {"password": "short"}],
    ids=str,
)
def test_registration_with_an_error__answers_as_the_schema_says(change, answer, db, settings):
    name = "django.contrib.auth.password_validation.MinimumLengthValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name}]
    values = PROFILE | {"password": PASSWORD} | change
    response = answer("auth_register", by=Client(), json=values)
    assert response.status_code == 400
    assert response.json().keys() == change.keys()


def test_profile__has_the_properties_of_the_schema(contract, answer, user):
    make_avatar(user)
    body = answer("users_me_retrieve").json()
    assert body.keys() == properties(contract, "User")
    assert body["avatar_url"].endswith(f"/api/users/{user.pk}/avatar/")
    assert [item["role"] for item in body["organizations"]] == ["member"]


def test_change_of_a_profile__takes_what_the_schema_lists(contract, answer, user):
    assert properties(contract, "PatchedUser") == PROFILE.keys()
    for name, value in PROFILE.items():
        assert answer("users_me_update", json={name: value}).json()[name] == value
    assert answer("users_me_update", json={"phone": ""}).json()["phone"] == ""
    assert answer("users_me_update", json={"phone": "030"}).status_code == 400
    taken = {"email": make_user("taken").email}
    assert answer("users_me_update", json=taken).json().keys() == {"email"}


def test_change_of_a_password__answers_as_the_schema_says(contract, answer, user):
    user.set_password(PASSWORD)
    user.save()
    values = {"old_password": PASSWORD, "new_password": "Wrong-horse-8"}
    assert properties(contract, "PasswordChange") == values.keys()
    assert answer("users_me_password", json=values | {"old_password": "x"}).status_code == 400
    assert answer("users_me_password", json=values).status_code == 204


def test_end_of_an_account__answers_as_the_schema_says(answer, organization, user, admin):
    assert answer("users_me_delete", by=signed_in(admin)).status_code == 409
    assert answer("users_me_delete").status_code == 204


def form(content):
    return {"data": closed(part("avatar", content, "me.jpg")), "content_type": MULTIPART}


def test_picture__answers_as_the_schema_says(contract, answer, user):
    content = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(content, "JPEG")
    assert properties(contract, "AvatarUpload") == {"avatar"}
    stored = answer("users_me_avatar_update", **form(content.getvalue()))
    assert stored.json().keys() == properties(contract, "User")
    assert stored.json()["avatar_url"]
    shown = answer("users_avatar", key=user.pk)
    assert shown.headers["Content-Type"].startswith("image/")
    for status in (204, 204):
        assert answer("users_me_avatar_delete").status_code == status
    assert answer("users_avatar", key=user.pk).status_code == 404


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0half"])
def test_what_is_no_picture__answers_as_the_schema_says(content, answer):
    response = answer("users_me_avatar_update", **form(content))
    assert response.status_code == 400
    assert response.json().keys() == {"avatar"}


# Others


def test_users__have_the_properties_of_the_schema(contract, answer, user, operator):
    seen = properties(contract, "User")
    for by, names in (
        (signed_in(user), seen),
        (signed_in(operator), properties(contract, "VisibleUser")),
    ):
        assert answer("users_retrieve", key=user.pk, by=by).json().keys() == names
        for row in answer("users_list", by=by).json()["results"]:
            assert row.keys() == names
    assert seen < names


def test_what_operators_see__is_as_the_schema_says(contract, answer, file, operator):
    file.owner = operator
    file.save()
    body = answer("users_retrieve", key=operator.pk, by=signed_in(operator)).json()
    assert body["storage_paths"]
    assert (body["file_count"], body["bytes_stored"]) == (1, file.size)


def test_change_of_a_user__answers_as_the_schema_says(
    contract, answer, user, operator, superuser, client
):
    values = {"is_active": False, "is_staff": True}
    assert properties(contract, "PatchedUserAdministration") == values.keys()
    for by, json, status in (
        (client, {"is_active": True}, 403),
        (signed_in(operator), {"is_staff": True}, 403),
        (signed_in(operator), {"is_active": "perhaps"}, 400),
        (signed_in(operator), {}, 200),
        (signed_in(superuser), values, 200),
    ):
        response = answer("users_update", key=user.pk, by=by, json=json)
        assert response.status_code == status, json
    assert values.items() <= response.json().items()


def test_end_of_a_user__answers_as_the_schema_says(
    answer, organization, user, operator, superuser, client
):
    join(organization, operator, Role.ADMIN)
    for key, by, status in (
        (user.pk, client, 403),
        (superuser.pk, signed_in(operator), 403),
        (operator.pk, signed_in(operator), 409),
        (user.pk, signed_in(operator), 204),
        (user.pk, signed_in(operator), 404),
    ):
        assert answer("users_delete", key=key, by=by).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Accept": "text/html"}, 200),
        ({"Range": "bytes=0-3"}, 206),
        ({"If-None-Match": "*"}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"Range": "bytes=999-"}, 416),
    ],
)
def test_picture_of_a_user__answers_as_the_schema_says(headers, status, answer, user):
    make_avatar(user)
    assert answer("users_avatar", key=user.pk, headers=headers).status_code == status


def test_picture_that_the_store_has_lost__answers_as_the_schema_says(answer, user):
    avatar = make_avatar(user)
    avatar.key = "avatars/another"
    avatar.save()
    response = answer("users_avatar", key=user.pk)
    assert response.json()["code"] == "content_unavailable"
