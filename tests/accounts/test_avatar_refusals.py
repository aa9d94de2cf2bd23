"""Bodies that are refused as an avatar; tests/renditions has pictures that cannot be decoded."""

import pytest

from org_files.accounts.models import Avatar
from org_files.testing.factories import make_user
from tests.accounts.clients import AVATAR
from tests.accounts.pictures import kept, photo, put
from tests.renditions.pictures import png
from tests.rest.requests import browser_of, closed, part, send, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(user):
    return signed_in(user)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "me.svg"),
        (b"\xff\xd8\xff<html>", "me.jpg"),
        (photo(64, 48)[:400], "me.jpg"),
        (b"", "me.jpg"),
        (png(65_500, 65_500, rows=1).getvalue(), "me.png"),
    ],
    ids=["SVG", "HTML", "half", "empty", "bomb"],
)
def test_content_that_is_no_picture__is_400(client, content, name):
    response = put(client, content, name)

    assert response.status_code == 400
    assert list(response.json()) == ["avatar"]
    assert kept() == []


def test_file_over_the_limit__is_413(client, settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1000}

    response = put(client, photo(400, 300))

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert kept() == []


PHOTO = part("avatar", photo(64, 48), "me.jpg")

BODIES = {
    "no part": closed(),
    "another part": closed(part("picture", photo(64, 48), "me.jpg")),
    "a text": closed(part("avatar", "just a text")),
    "two": closed(PHOTO, PHOTO),
    "no end": PHOTO,
}


@pytest.mark.parametrize("name", BODIES)
def test_malformed_body__is_400(client, name):
    assert send(client, AVATAR, BODIES[name], method="PUT").status_code == 400
    assert kept() == []


def test_bare_picture__is_415(client):
    response = send(client, AVATAR, photo(64, 48), content_type="image/jpeg", method="PUT")

    assert response.status_code == 415


def test_connection_that_breaks__changes_nothing(client):
    body = closed(PHOTO)

    response = send(client, AVATAR, body[:500], method="PUT", content_length=len(body), cut=True)

    assert response.status_code == 400
    assert kept() == []


def test_other_fields_and_allowed_types_of_files__are_ignored(client, user, settings):
    settings.ORG_FILES = {"ALLOWED_TYPES": ["application/pdf"]}
    fields = {"user": make_user().pk, "key": "../../etc/passwd", "content_type": "text/html"}

    assert put(client, photo(64, 48), **fields).status_code == 200

    avatar = Avatar.objects.get()
    assert (avatar.user_id, avatar.content_type) == (user.pk, "image/jpeg")
    assert kept() == [avatar.key]


def test_session_without_the_csrf_token_in_a_header__is_403(user):
    # Django reads no form of a PUT.
    assert put(browser_of(user), photo(64, 48), csrfmiddlewaretoken="c" * 32).status_code == 403
    assert browser_of(user).delete(AVATAR).status_code == 403
    assert kept() == []
