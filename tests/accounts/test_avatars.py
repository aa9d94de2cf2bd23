"""PUT and DELETE users/me/avatar/, GET users/{id}/avatar/; tests/matrix has the rights."""

import io
from hashlib import sha256

import pytest
from django.contrib.auth import get_user_model
from PIL import Image

from org_files.accounts.avatars import avatar_content
from org_files.accounts.models import Avatar
from org_files.models import Download, PendingDownload
from org_files.testing.factories import make_user
from tests.accounts.clients import AVATAR, ME, USERS
from tests.accounts.pictures import KEY, kept, photo, put, shown
from tests.renditions.pictures import BLUE, GREEN, RED, WHITE, corners, picture
from tests.rest.requests import closed, part, send, signed_in


def test_photo_of_a_camera__becomes_small_and_upright_without_metadata(client, user):
    response = put(client, photo(800, 600))

    assert response.status_code == 200
    assert response.json() == client.get(ME).json()
    assert response.json()["avatar_url"] == f"http://testserver{USERS}{user.pk}/avatar/"
    content = client.get(response.json()["avatar_url"]).getvalue()
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("JPEG", (150, 200))
    # Of the photo, on its side, the first row is red and green.
    assert corners(image) == [BLUE, RED, WHITE, GREEN]
    assert not image.getexif()
    for word in (b"Exif", b"camera", b"taken at home"):
        assert word not in content


def test_format__is_known_by_the_content(client):
    response = put(client, picture(64, 48, "PNG").getvalue(), "../../me.html")

    assert response.status_code == 200
    image = shown(client, response.json()["avatar_url"])
    assert image.size == (64, 48)  # Small pictures are not enlarged.
    assert Avatar.objects.get().content_type == f"image/{image.format.lower()}"


def test_name_that_cannot_be_decoded__matters_as_little(client):
    body = part("avatar", photo(60, 40), "\u043f.png".encode("cp1251"))

    assert send(client, AVATAR, closed(body), method="PUT").status_code == 200


def test_picture__is_shown_in_place_and_is_no_download(client):
    url = put(client, photo(60, 40)).json()["avatar_url"]

    response = client.get(f"{url}?format=nonsense", headers={"Accept": "image/*"})

    content, avatar = response.getvalue(), Avatar.objects.get()
    assert (response.status_code, sha256(content).hexdigest()) == (200, avatar.sha256)
    expected = {
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(content)),
        "ETag": avatar_content(avatar).etag,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    assert {name: response.headers[name] for name in expected} == expected
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert Download.objects.count() == PendingDownload.objects.count() == 0
    assert client.get(url, headers={"If-None-Match": expected["ETag"]}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_new_picture__replaces_the_old_one_under_a_random_name(client):
    keys = set()
    for _ in range(2):
        put(client, photo(60, 40), "ada.lovelace.jpg")
        [key] = kept()
        assert KEY.fullmatch(key)
        assert key == Avatar.objects.get().key
        keys.add(key)

    assert len(keys) == 2


@pytest.mark.django_db(transaction=True)
def test_removed_picture__is_gone_with_its_bytes(client):
    other = signed_in(make_user())
    url, others = [put(who, photo(60, 40)).json()["avatar_url"] for who in (client, other)]

    for _ in range(2):
        response = client.delete(AVATAR)
        assert (response.status_code, response.content) == (204, b"")

    assert client.get(ME).json()["avatar_url"] is None
    assert client.get(url).status_code == 404
    assert kept() == [Avatar.objects.get().key]
    assert shown(other, others).size == (40, 60)


@pytest.mark.django_db(transaction=True)
def test_removed_user__takes_the_picture_along(client, superuser):
    others = [signed_in(superuser), signed_in(make_user("third"))]
    for who in (client, *others):
        put(who, photo(60, 40))

    assert client.delete(ME).status_code == 204
    assert len(kept()) == 2
    get_user_model().objects.exclude(pk=superuser.pk).delete()
    assert kept() == [Avatar.objects.get().key]


# Refusals; tests/renditions has pictures that cannot be decoded.


def test_content_that_is_no_picture__is_400(client):
    for content in (b"\xff\xd8\xff<html>", photo(64, 48)[:400], b""):
        response = put(client, content)
        assert (response.status_code, list(response.json())) == (400, ["avatar"])
    assert kept() == []


def test_file_over_the_limit__is_413(client, settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1000}

    response = put(client, photo(400, 300))

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert kept() == []


def test_body_that_is_no_form_with_one_picture__is_refused(client):
    picture = part("avatar", photo(64, 48), "me.jpg")

    assert send(client, AVATAR, closed(picture, picture), method="PUT").status_code == 400
    bare = send(client, AVATAR, photo(64, 48), content_type="image/jpeg", method="PUT")
    assert bare.status_code == 415
    assert kept() == []


def test_other_fields_and_allowed_types_of_files__are_ignored(client, user, settings):
    settings.ORG_FILES = {"ALLOWED_TYPES": ["application/pdf"]}
    fields = {"user": make_user().pk, "key": "../../etc/passwd", "content_type": "text/html"}

    assert put(client, photo(64, 48), **fields).status_code == 200

    avatar = Avatar.objects.get()
    assert (avatar.user_id, avatar.content_type) == (user.pk, "image/jpeg")
    assert kept() == [avatar.key]
