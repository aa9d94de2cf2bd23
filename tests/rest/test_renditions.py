"""GET and HEAD files/{id}/renditions/{height}/: the picture, and what stands above it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from django.test import Client
from django.utils.http import http_date

from org_files.models import AbstractFile, AbstractOrganization, Rendition
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import heights_there, make_picture
from tests.rest.renditions import counted_nothing, fetch, image_of, path_of


@pytest.fixture
def photo(organization: AbstractOrganization) -> AbstractFile:
    """A photograph of 1200 by 900 pixels."""
    return make_picture(organization)


def test_heights_without_a_tier__are_200_and_400(client: Client, photo: AbstractFile) -> None:
    assert image_of(fetch(client, photo, 200)).size == (267, 200)
    assert image_of(fetch(client, photo, 400)).size == (533, 400)
    refused = fetch(client, photo, 300)
    assert (refused.status_code, refused.json()["code"]) == (403, "height_not_in_tier")


def test_heights_of_the_site__are_those_without_a_tier(
    client: Client, photo: AbstractFile, settings: Any
) -> None:
    settings.ORG_FILES = {"HEIGHTS": [90]}

    assert image_of(fetch(client, photo, 90)).height == 90
    assert fetch(client, photo, 200).status_code == 403


@pytest.mark.parametrize(
    ("heights", "refused"), [([200], [400]), ([200, 400], [800]), ([123], [200]), ([], [200, 400])]
)
def test_heights_of_a_tier__are_given_and_no_other(
    client: Client,
    organization: AbstractOrganization,
    photo: AbstractFile,
    heights: list[int],
    refused: list[int],
) -> None:
    subscribe(organization, heights=heights)

    for height in heights:
        assert image_of(fetch(client, photo, height)).height == height
    for height in refused:
        answer = fetch(client, photo, height)
        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "The organization's tier does not have this height.",
            "code": "height_not_in_tier",
        }
    assert heights_there(photo) == heights


def test_changed_tier__holds_from_the_next_request(
    client: Client, organization: AbstractOrganization, photo: AbstractFile
) -> None:
    tier = subscribe(organization, heights=[200, 400])
    assert fetch(client, photo, 400).status_code == 200

    tier.heights = [200]
    tier.save()
    assert fetch(client, photo, 400).status_code == 403
    tier.heights = [300]
    tier.save()
    assert fetch(client, photo, 200).status_code == 403
    assert image_of(fetch(client, photo, 300)).height == 300
    subscribe(organization, heights=[400])
    assert fetch(client, photo, 300).status_code == 403
    assert fetch(client, photo, 400).status_code == 200
    organization.org_files_subscription.delete()
    assert fetch(client, photo, 200).status_code == 200
    assert fetch(client, photo, 300).status_code == 403


def test_headers__are_those_of_the_contract(client: Client, photo: AbstractFile) -> None:
    response = fetch(client, photo)
    rendition = Rendition.objects.get(height=200)

    assert response.headers["ETag"] == f'"{sha256(response.body).hexdigest()}"'
    assert response.headers["Last-Modified"] == http_date(rendition.created_at.timestamp())
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Length"] == str(len(response.body)) == str(rendition.size)
    assert response.headers["Content-Disposition"] == 'attachment; filename="photo.jpg"'
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_rendition__is_no_download(client: Client, photo: AbstractFile) -> None:
    for headers in ({}, {"Range": "bytes=0-9"}):
        fetch(client, photo, **headers)

    assert counted_nothing()
    assert client.get(f"/api/files/{photo.public_id}/").json()["download_count"] == 0


def test_entity_tag__is_one_for_each_height_and_stays(client: Client, photo: AbstractFile) -> None:
    tags = {fetch(client, photo, height).headers["ETag"] for height in (200, 400, 200, 400)}

    assert len(tags) == 2
    assert f'"{photo.sha256}"' not in tags


def test_unchanged_rendition__is_304_without_bytes(client: Client, photo: AbstractFile) -> None:
    first = fetch(client, photo)

    by_tag = fetch(client, photo, If_None_Match=first.headers["ETag"])
    by_date = fetch(client, photo, If_Modified_Since=first.headers["Last-Modified"])
    other = fetch(client, photo, 400, If_None_Match=first.headers["ETag"])

    assert (by_tag.status_code, by_tag.body) == (by_date.status_code, by_date.body) == (304, b"")
    assert by_tag.headers["ETag"] == first.headers["ETag"]
    assert other.status_code == 200


def test_part_of_a_rendition__is_given(client: Client, photo: AbstractFile) -> None:
    whole = fetch(client, photo)
    size = len(whole.body)

    part = fetch(client, photo, Range="bytes=10-19")
    end = fetch(client, photo, Range="bytes=-5")
    beyond = fetch(client, photo, Range=f"bytes={size}-")
    stale = fetch(client, photo, Range="bytes=0-9", If_Range='"other"')

    assert (part.status_code, part.body) == (206, whole.body[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{size}"
    assert (end.status_code, end.body) == (206, whole.body[-5:])
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert (stale.status_code, stale.body) == (200, whole.body)
    assert counted_nothing()


def test_head__is_like_get_without_bytes(client: Client, photo: AbstractFile) -> None:
    got = fetch(client, photo)

    for headers in ({}, {"Range": "bytes=0-9"}):
        head = client.head(path_of(photo), headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) == dict(got.headers)


def test_head_first__makes_the_rendition(client: Client, photo: AbstractFile) -> None:
    head = client.head(path_of(photo))

    assert head.headers["Content-Length"] == str(Rendition.objects.get(height=200).size)


@pytest.mark.parametrize("asked", ["inline", "attachment"])
def test_disposition__is_as_asked(client: Client, photo: AbstractFile, asked: str) -> None:
    response = client.get(path_of(photo), {"disposition": asked})
    response.getvalue()

    assert response.headers["Content-Disposition"].startswith(asked)


def test_other_disposition__is_400_and_makes_nothing(client: Client, photo: AbstractFile) -> None:
    response = client.get(path_of(photo), {"disposition": "form-data"})

    assert response.status_code == 400
    assert list(response.json()) == ["disposition"]
    assert heights_there(photo) == []


@pytest.mark.parametrize("accept", ["text/html", "image/webp", "application/json", "nonsense"])
def test_accept_and_format__change_nothing(
    client: Client, photo: AbstractFile, accept: str
) -> None:
    response = client.get(path_of(photo), {"format": "api"}, headers={"Accept": accept})

    assert response.getvalue().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "height",
    [
        "0200",
        "+200",
        "-200",
        "200.0",
        "2e2",
        " 200",
        "200 ",
        "200%0A",
        "2_00",
        "0x c8",
        "0",
        "00",
        "\uff12\uff10\uff10",
        "\u0662\u0660\u0660",
        "200px",
        "null",
        "None",
        "1" * 5000,
        str(10**12),
        "%00",
        "200%2F",
        "200%00",
    ],
)
def test_text_that_is_no_height__is_404(client: Client, photo: AbstractFile, height: str) -> None:
    response = client.get(f"/api/files/{photo.public_id}/renditions/{height}/")

    assert response.status_code == 404
    assert heights_there(photo) == []


@pytest.mark.parametrize("height", ["1", "199", "9999999999", str(2**31), str(2**32 + 200)])
def test_height_that_no_tier_has__is_403(client: Client, photo: AbstractFile, height: str) -> None:
    response = fetch(client, photo, height)

    assert (response.status_code, response.json()["code"]) == (403, "height_not_in_tier")
    assert heights_there(photo) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"text"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.tiff", b"II*\0" + bytes(100)),
        # Named as one, but none by its content.
        ("a.jpg", b"<script>alert(1)</script>"),
        ("a.png", b""),
    ],
)
@pytest.mark.parametrize("height", [200, 999])
def test_file_that_is_no_picture__has_no_renditions(
    client: Client, organization: AbstractOrganization, name: str, content: bytes, height: int
) -> None:
    file = make_stored_file(organization, name=name, content=content)

    response = fetch(client, file, height)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods__are_405(client: Client, photo: AbstractFile, method: str) -> None:
    assert getattr(client, method)(path_of(photo)).status_code == 405
