"""PUT and DELETE users/me/avatar/."""

import io

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image

from org_files.accounts.models import Avatar
from org_files.testing.factories import make_user
from tests.accounts.clients import AVATAR, CLIENTS, ME, USERS
from tests.accounts.pictures import KEY, kept, photo, put, shown
from tests.renditions.pictures import BLUE, FORMATS, GREEN, RED, WHITE, corners, picture
from tests.rest.requests import signed_in


@pytest.fixture
def client(user):
    return signed_in(user)


def test_photo_of_a_camera__becomes_small_and_upright_without_metadata(client):
    response = put(client, photo(800, 600))

    assert response.status_code == 200
    assert response.json() == client.get(ME).json()
    content = client.get(response.json()["avatar_url"]).getvalue()
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("JPEG", (150, 200))
    # Of the photo, on its side, the first row is red and green.
    assert corners(image) == [BLUE, RED, WHITE, GREEN]
    assert not image.getexif()
    for word in (b"Exif", b"camera", b"taken at home"):
        assert word not in content


@pytest.mark.parametrize("kind", CLIENTS)
def test_picture__is_taken_with_any_credentials(user, kind):
    client = CLIENTS[kind](user)

    url = put(client, photo(60, 40)).json()["avatar_url"]

    assert url == f"http://testserver{USERS}{user.pk}/avatar/"
    assert shown(client, url).size == (40, 60)


@pytest.mark.parametrize("kind", FORMATS)
def test_format__is_known_by_the_content(client, kind):
    response = put(client, picture(64, 48, kind).getvalue(), "../../me.html")

    assert response.status_code == 200
    image = shown(client, response.json()["avatar_url"])
    assert image.size == (64, 48)  # Small pictures are not enlarged.
    assert Avatar.objects.get().content_type == f"image/{str(image.format).lower()}"


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
@pytest.mark.parametrize("by", ["service", "admin site", "queryset"])
def test_removed_user__takes_the_picture_along(client, user, superuser, by):
    put(client, photo(60, 40))
    put(signed_in(superuser), photo(60, 40))

    if by == "service":
        assert client.delete(ME).status_code == 204
    elif by == "admin site":
        browser = Client()
        browser.force_login(superuser)
        path = f"/admin/org_files_accounts/user/{user.pk}/delete/"
        assert browser.post(path, {"post": "yes"}).status_code == 302
    else:
        get_user_model().objects.filter(pk=user.pk).delete()

    assert kept() == [Avatar.objects.get().key]
