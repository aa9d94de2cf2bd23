"""What is in the pictures that are given: upright, in sRGB, without anything about the place."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from PIL import Image, ImageOps

from org_files.models import AbstractFile, AbstractOrganization
from tests.accounts.pictures import photo
from tests.pictures.stored import make_picture
from tests.renditions.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    corners,
    file_of,
    frames,
    picture,
    quarters,
)
from tests.renditions.test_metadata import swapping_profile
from tests.rest.renditions import fetch, image_of

UPRIGHT = [RED, GREEN, BLUE, WHITE]


def store(organization: AbstractOrganization, content: bytes, name: str) -> AbstractFile:
    file = make_picture(organization, content=content, name=name)
    assert file.is_picture
    return file


@pytest.mark.parametrize(
    ("kind", "name"),
    [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp"), ("GIF", "a.gif")],
)
def test_each_format__comes_as_a_jpeg_of_the_height(
    client: Client, organization: AbstractOrganization, kind: str, name: str
) -> None:
    response = fetch(client, store(organization, picture(640, 480, kind).getvalue(), name))

    image = image_of(response)
    assert (image.format, image.size) == ("JPEG", (267, 200))
    assert response.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_of_a_camera__is_upright_and_says_nothing_of_the_place(
    client: Client, organization: AbstractOrganization, orientation: int
) -> None:
    content = photo(600, 450, orientation)
    assert b"A camera" in content
    assert b"taken at home" in content

    response = fetch(client, store(organization, content, "me.jpg"))

    image = image_of(response)
    lies = orientation > 4
    assert image.size == ((150, 200) if lies else (267, 200))
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert corners(image) == corners(expected)
    assert not image.getexif()
    assert "exif" not in image.info
    assert "comment" not in image.info
    for told in (b"A camera", b"taken at home", b"Exif"):
        assert told not in response.body


def test_height__is_measured_upright(client: Client, organization: AbstractOrganization) -> None:
    # As stored it is 300 pixels high, upright 400.
    file = store(organization, photo(400, 300, 6), "me.jpg")

    assert image_of(fetch(client, file, 400)).size == (300, 400)


def test_colours_of_another_profile__are_converted_to_srgb(
    client: Client, organization: AbstractOrganization
) -> None:
    red = Image.new("RGB", (300, 300), RED)
    plain = store(organization, file_of(red).getvalue(), "a.jpg")
    swapped = store(organization, file_of(red, icc_profile=swapping_profile()).getvalue(), "b.jpg")

    assert corners(image_of(fetch(client, plain))) == [RED] * 4
    image = image_of(fetch(client, swapped))

    assert corners(image) == [GREEN] * 4
    assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animation__shows_its_first_frame(
    client: Client, organization: AbstractOrganization, kind: str
) -> None:
    file = store(organization, frames(5, kind).getvalue(), f"a.{kind.lower()}")

    image = image_of(fetch(client, file))

    assert getattr(image, "n_frames", 1) == 1
    assert corners(image) == [RED] * 4


def test_picture_for_printing__comes_in_rgb(
    client: Client, organization: AbstractOrganization
) -> None:
    content = file_of(quarters(640, 480).convert("CMYK")).getvalue()

    image = image_of(fetch(client, store(organization, content, "a.jpg")))

    assert image.mode == "RGB"
    assert corners(image) == UPRIGHT


def test_grey_picture__stays_grey(client: Client, organization: AbstractOrganization) -> None:
    content = picture(640, 480, mode="L").getvalue()

    assert image_of(fetch(client, store(organization, content, "a.jpg"))).mode == "L"


@pytest.mark.parametrize(
    ("kind", "name", "saved"),
    [("PNG", "logo.png", "logo.png"), ("WEBP", "logo.webp", "logo.png")],
)
def test_transparency__is_kept_in_a_png(
    client: Client, organization: AbstractOrganization, kind: str, name: str, saved: str
) -> None:
    image = quarters(640, 480).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((640, 480)))
    file = store(organization, file_of(image, kind, lossless=True).getvalue(), name)

    response = fetch(client, file)

    scaled = image_of(response)
    assert (scaled.format, scaled.mode, scaled.size) == ("PNG", "RGBA", (267, 200))
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{saved}"'
    low, high = scaled.getchannel("A").getextrema()
    assert low < 20  # type: ignore[operator]
    assert high > 235  # type: ignore[operator]


@pytest.mark.parametrize(
    ("kind", "name", "saved"),
    [
        ("JPEG", "a.jpg", "a.jpg"),
        ("JPEG", "a.JPG", "a.JPG"),
        ("JPEG", "a.jpeg", "a.jpeg"),
        ("JPEG", "a.jpe", "a.jpg"),
        ("JPEG", "photo", "photo.jpg"),
        ("JPEG", ".hidden", ".hidden.jpg"),
        ("JPEG", "my.summer.2024.png", "my.summer.2024.jpg"),
        ("PNG", "a.png", "a.jpg"),
        ("GIF", "a.gif", "a.jpg"),
        ("WEBP", "a.b.webp", "a.b.jpg"),
        ("JPEG", "Mr. Smith", "Mr. Smith.jpg"),
        ("PNG", "2024.05.12 party", "2024.05.12 party.jpg"),
    ],
)
def test_name_of_what_is_saved__ends_as_the_format_does(
    client: Client, organization: AbstractOrganization, kind: str, name: str, saved: str
) -> None:
    file = store(organization, picture(kind=kind).getvalue(), name)

    response = fetch(client, file)

    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{saved}"'
