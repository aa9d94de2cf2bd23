"""What is put as an avatar, and is none."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from org_files.accounts.models import Avatar
from org_files.testing.factories import make_user
from tests.accounts.clients import AVATAR, call
from tests.accounts.pictures import kept, photo, put
from tests.renditions.bombs import half
from tests.renditions.pictures import FORMATS, picture, png, resized_jpeg
from tests.rest.requests import CSRF_TOKEN, browser_of, closed, part, send, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(user: Any) -> Client:
    return signed_in(user)


#: What is no picture, and how it is called.
NONE = {
    "text": (b"just a text", "me.jpg"),
    "HTML": (b"<html><script>alert(1)</script>", "me.jpg"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "me.svg"),
    "SVG called JPEG": (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "me.jpg",
    ),
    "nothing": (b"", "me.jpg"),
    "zeros": (bytes(1000), "me.png"),
    "JPEG's first bytes": (b"\xff\xd8\xff", "me.jpg"),
    "JPEG's first bytes before HTML": (b"\xff\xd8\xff<html>", "me.jpg"),
    "PDF": (b"%PDF-1.7\n", "me.pdf"),
    "BMP": (b"BM" + bytes(100), "me.bmp"),
    "TIFF": (b"II*\x00" + bytes(100), "me.tif"),
}


@pytest.mark.parametrize(("content", "name"), NONE.values(), ids=NONE)
def test_what_is_no_picture__is_400_and_changes_nothing(
    client: Client, content: bytes, name: str
) -> None:
    put(client, photo())
    before = kept()

    response = put(client, content, name)

    assert response.status_code == 400
    assert list(response.json()) == ["avatar"]
    assert kept() == before == [Avatar.objects.get().key]


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_picture__is_400(client: Client, kind: str) -> None:
    response = put(client, half(picture(640, 480, kind)).getvalue())

    assert response.status_code == 400
    assert list(response.json()) == ["avatar"]
    assert kept() == []


BOMBS = {
    "PNG of 177 megapixels": lambda: png(13_312, 13_312),
    "PNG of 4 gigapixels": lambda: png(65_500, 65_500, rows=1),
    "JPEG of 4 gigapixels": lambda: resized_jpeg(65_500, 65_500),
    "PNG without width": lambda: png(0, 48),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bomb__is_400(client: Client, bomb: Any) -> None:
    response = put(client, bomb().getvalue())

    assert response.status_code == 400
    assert list(response.json()) == ["avatar"]
    assert kept() == []


def test_file_over_the_limit__is_413(client: Client, settings: Any) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1000}

    response = put(client, photo(400, 300))

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert kept() == []


def test_types_of_files_that_the_site_takes__say_nothing_of_avatars(
    client: Client, settings: Any
) -> None:
    settings.ORG_FILES = {"ALLOWED_TYPES": ["application/pdf"]}

    assert put(client, photo()).status_code == 200


BODIES = {
    "no part": closed(),
    "another part": closed(part("picture", photo(), "me.jpg")),
    "a text": closed(part("avatar", "just a text")),
    "a picture as a text": closed(part("avatar", photo())),
    "two": closed(part("avatar", photo(), "me.jpg"), part("avatar", photo(), "me.jpg")),
    "no end": part("avatar", photo(), "me.jpg"),
    "base64 that is none": closed(
        part("avatar", "%%%", "me.jpg", "Content-Transfer-Encoding: base64")
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_body_that_is_none__is_400(client: Client, name: str) -> None:
    response = send(client, AVATAR, BODIES[name], method="PUT")

    assert response.status_code == 400
    assert kept() == []


@pytest.mark.parametrize(
    "content_type", ["application/json", "image/jpeg", "application/x-www-form-urlencoded"]
)
def test_other_bodies_than_multipart__are_415(client: Client, content_type: str) -> None:
    response = send(client, AVATAR, photo(), content_type=content_type, method="PUT")

    assert response.status_code == 415


def test_connection_that_breaks__changes_nothing(client: Client) -> None:
    body = closed(part("avatar", photo(), "me.jpg"))

    response = send(client, AVATAR, body[:2000], method="PUT", content_length=len(body), cut=True)

    assert response.status_code == 400
    assert kept() == []


def test_what_else_is_sent__is_ignored(client: Client, user: Any) -> None:
    other = make_user()

    response = put(
        client, photo(), user=other.pk, key="../../etc/passwd", content_type="text/html", sha256="x"
    )

    assert response.status_code == 200
    avatar = Avatar.objects.get()
    assert avatar.user_id == user.pk
    assert avatar.content_type == "image/jpeg"
    assert kept() == [avatar.key]


def test_nobody_and_sessions_without_the_csrf_token__are_refused(user: Any) -> None:
    assert put(Client(), photo()).status_code == 401
    assert Client().delete(AVATAR).status_code == 401
    assert put(browser_of(user), photo()).status_code == 403
    assert browser_of(user).delete(AVATAR).status_code == 403
    assert kept() == []


def test_csrf_token_in_the_form__is_enough_beside_the_picture(user: Any) -> None:
    # By PUT only the header counts: Django reads no form there.
    body = encode_multipart(BOUNDARY, {"avatar": io.BytesIO(photo()), "csrfmiddlewaretoken": "x"})
    browser = browser_of(user)

    refused = browser.put(AVATAR, body, content_type=MULTIPART_CONTENT)
    taken = browser.put(
        AVATAR, body, content_type=MULTIPART_CONTENT, headers={"X-CSRFToken": CSRF_TOKEN}
    )

    assert (refused.status_code, taken.status_code) == (403, 200)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_other_methods__are_405(client: Client, method: str) -> None:
    assert call(AVATAR, by=client, method=method).status_code == 405
