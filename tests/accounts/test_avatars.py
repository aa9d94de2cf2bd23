"""PUT and DELETE users/me/avatar/."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image

from org_files.accounts.models import Avatar
from org_files.testing.factories import make_user
from tests.accounts.clients import AVATAR, CLIENTS, ME, USERS
from tests.accounts.pictures import KEY, kept, photo, put, shown
from tests.renditions.pictures import (
    BLUE,
    FORMATS,
    GREEN,
    RED,
    WHITE,
    corners,
    frames,
    picture,
)
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(user: Any) -> Client:
    return signed_in(user)


def test_photo_of_a_camera__becomes_small_upright_and_says_nothing(client: Client) -> None:
    response = put(client, photo(4000, 3000))

    assert response.status_code == 200
    assert response.json() == client.get(ME).json()
    stored = client.get(response.json()["avatar_url"])
    image = Image.open(io.BytesIO(content := stored.getvalue()))
    assert image.size == (150, 200)
    # Lying on its side, the first row was red and green, from the left.
    assert corners(image) == [BLUE, RED, WHITE, GREEN]
    assert image.format == "JPEG"
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive"}
    for word in (b"Exif", b"camera", b"taken at home"):
        assert word not in content


@pytest.mark.parametrize("kind", CLIENTS)
def test_picture__is_taken_by_every_way_of_being_logged_in(user: Any, kind: str) -> None:
    client = CLIENTS[kind](user)

    url = put(client, photo()).json()["avatar_url"]

    assert url == f"http://testserver{USERS}{user.pk}/avatar/"
    assert shown(client, url).size == (150, 200)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["me.jpg", "me.svg", "me.html", "../../me", "nul"])
def test_format__is_known_by_the_content_alone(client: Client, kind: str, name: str) -> None:
    response = put(client, picture(640, 480, kind).getvalue(), name)

    assert response.status_code == 200
    image = shown(client, response.json()["avatar_url"])
    assert image.size == (200, 150)
    assert image.format in ("JPEG", "PNG")
    assert Avatar.objects.get().content_type == f"image/{image.format.lower()}"


def test_transparent_picture__stays_so(client: Client) -> None:
    image = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    content = io.BytesIO()
    image.save(content, "PNG")

    url = put(client, content.getvalue()).json()["avatar_url"]

    assert shown(client, url).convert("RGBA").getpixel((100, 100))[3] == 0


def test_small_picture__is_not_blown_up_but_written_anew(client: Client) -> None:
    original = photo(40, 30, orientation=1)

    url = put(client, original).json()["avatar_url"]

    assert shown(client, url).size == (40, 30)
    assert client.get(url).getvalue() != original


def test_animation__becomes_its_first_frame(client: Client) -> None:
    url = put(client, frames(50, "GIF").getvalue()).json()["avatar_url"]

    image = shown(client, url)
    assert getattr(image, "n_frames", 1) == 1
    assert corners(image) == [RED] * 4


def test_name__is_random_and_of_letters_and_digits(client: Client) -> None:
    keys = set()
    for _ in range(3):
        put(client, photo(), "ada.lovelace.jpg")
        [key] = kept()
        assert KEY.fullmatch(key)
        assert key == Avatar.objects.get().key
        keys.add(key)

    assert len(keys) == 3


def test_each_of_two__has_a_picture(client: Client, user: Any) -> None:
    other = signed_in(make_user())

    urls = [put(who, photo()).json()["avatar_url"] for who in (client, other)]

    assert len(set(urls)) == len(kept()) == Avatar.objects.count() == 2


def test_removed_picture__is_gone_with_its_bytes(client: Client) -> None:
    url = put(client, photo()).json()["avatar_url"]

    for _ in range(2):
        response = client.delete(AVATAR)
        assert (response.status_code, response.content) == (204, b"")

    assert client.get(ME).json()["avatar_url"] is None
    assert client.get(url).status_code == 404
    assert kept() == []


@pytest.mark.parametrize("by", ["themselves", "operator", "admin site", "queryset"])
def test_removed_user__takes_the_picture_along(
    client: Client, user: Any, superuser: Any, by: str
) -> None:
    put(client, photo())
    put(signed_in(superuser), photo())

    if by == "themselves":
        assert client.delete(ME).status_code == 204
    elif by == "operator":
        assert signed_in(superuser).delete(f"{USERS}{user.pk}/").status_code == 204
    elif by == "admin site":
        browser = Client()
        browser.force_login(superuser)
        path = f"/admin/org_files_accounts/user/{user.pk}/delete/"
        assert browser.post(path, {"post": "yes"}).status_code == 302
    else:
        get_user_model().objects.filter(pk=user.pk).delete()

    assert kept() == [Avatar.objects.get().key]
