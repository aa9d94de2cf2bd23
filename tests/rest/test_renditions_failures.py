"""Pictures that cannot be decoded, decoders that are busy, and stores that do not do their part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client

from org_files.exceptions import RenditionsBusy
from org_files.files import purge_file
from org_files.models import AbstractFile, AbstractOrganization, Decoding, Rendition
from org_files.pictures import claims, services
from tests.pictures.stored import decodings, heights_there, make_picture, photo, while_decoding
from tests.renditions.pictures import picture, png
from tests.rest.conftest import blobs
from tests.rest.contents import DAMAGES
from tests.rest.renditions import counted_nothing, fetch, image_of
from tests.rest.requests import post_file


@pytest.fixture
def file(organization: AbstractOrganization) -> AbstractFile:
    return make_picture(organization)


def path_in(settings: Any, key: str) -> Path:
    return Path(settings.STORAGES["org_files"]["OPTIONS"]["location"]) / key


def refuse(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_half_a_picture__is_422_and_kept_whole(client: Client, kind: str) -> None:
    whole = picture(640, 480, kind).getvalue()
    content = whole[: len(whole) // 2]
    stored = post_file(client, content, f"a.{kind.lower()}").json()
    assert stored["is_picture"]

    for rendition in stored["renditions"]:
        response = client.get(rendition["url"])
        assert response.status_code == 422
        assert response.json() == {
            "detail": "This is not a picture that can be read.",
            "code": "not_a_picture",
        }
    original = client.get(stored["content_url"])
    assert original.getvalue() == content


def test_picture_with_too_many_pixels__is_422_and_says_so(
    client: Client, organization: AbstractOrganization
) -> None:
    file = make_picture(organization, content=png(13_312, 13_312, rows=1).getvalue(), name="a.png")

    for _ in range(2):
        response = fetch(client, file)
        assert response.status_code == 422
        assert response.json() == {
            "detail": "The picture is larger than can be shown here.",
            "code": "not_a_picture",
        }


def test_height_that_the_tier_does_not_have__is_refused_before_anything_is_decoded(
    client: Client, organization: AbstractOrganization
) -> None:
    file = make_picture(organization, content=photo()[:5000])

    with decodings() as decoded:
        assert fetch(client, file, 300).status_code == 403

    decoded.assert_not_called()


def test_busy_decoder__is_503_with_retry_after(
    client: Client, file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(services, "scale", refuse(RenditionsBusy()))
        response = fetch(client, file)

    assert response.status_code == 503
    assert response.json()["code"] == "renditions_busy"
    assert int(response.headers["Retry-After"]) > 0
    assert fetch(client, file).status_code == 200


def test_picture_that_another_process_decodes_for_too_long__is_503_with_retry_after(
    client: Client, file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LONG_WAIT", 0.1)

    with claims.claim(file):
        response = fetch(client, file)

    assert (response.status_code, response.json()["code"]) == (503, "renditions_busy")
    assert int(response.headers["Retry-After"]) > 0
    assert image_of(fetch(client, file)).height == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("damage", "headers"), [(DAMAGES[0], {}), (DAMAGES[1], {"Range": "bytes=0-9"})]
)
def test_damaged_rendition__is_made_again(
    client: Client,
    file: AbstractFile,
    settings: Any,
    damage: Callable[[Path], None],
    headers: dict[str, str],
) -> None:
    fetch(client, file)
    lost = Rendition.objects.get(height=200)
    damage(path_in(settings, lost.key))

    after = fetch(client, file, **headers)

    assert after.status_code == (206 if headers else 200)
    made = Rendition.objects.get(height=200)
    assert made.key != lost.key
    assert after.headers["ETag"] == f'"{made.sha256}"'
    assert image_of(fetch(client, file)).size == (267, 200)
    assert heights_there(file) == [200, 400]
    assert not path_in(settings, lost.key).exists()


@pytest.mark.parametrize("damage", DAMAGES[:2])
def test_damaged_original__is_503_until_it_is_back(
    client: Client, file: AbstractFile, settings: Any, damage: Callable[[Path], None]
) -> None:
    path = path_in(settings, file.content.name or "")
    content = path.read_bytes()
    damage(path)

    response = fetch(client, file)

    assert response.status_code == 503
    assert response.json()["code"] == "content_unavailable"
    assert response.headers["Retry-After"]
    assert not Decoding.objects.exists()
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    assert fetch(client, file).status_code == 200


def test_lost_original__leaves_the_renditions_that_there_are(
    client: Client, file: AbstractFile, settings: Any
) -> None:
    fetch(client, file)
    path_in(settings, file.content.name or "").unlink()

    assert fetch(client, file, 400).status_code == 200


@pytest.mark.parametrize("call", ["open", "_save"])
def test_store_that_is_down__is_503_with_retry_after(
    client: Client,
    file: AbstractFile,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(storages["org_files"], call, refuse(OSError(5, "I/O")))
        response = fetch(client, file)

    assert response.status_code == 503
    assert response.json()["code"] == "storage_unavailable"
    assert response.headers["Retry-After"]
    assert heights_there(file) == []
    assert fetch(client, file).status_code == 200


def test_store_that_is_down__keeps_the_rendition_that_it_has(
    client: Client, file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(client, file)
    with monkeypatch.context() as patch:
        patch.setattr(storages["org_files"], "open", refuse(TimeoutError()))
        assert fetch(client, file).status_code == 503

    with decodings() as decoded:
        assert fetch(client, file).status_code == 200
    decoded.assert_not_called()


def test_full_store__is_507_and_leaves_nothing(
    client: Client, file: AbstractFile, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(storages["org_files"], "_save", refuse(OSError(28, "No space left")))
        response = fetch(client, file)

    assert (response.status_code, response.json()["code"]) == (507, "storage_full")
    assert heights_there(file) == []
    assert len(blobs(settings)) == 1
    assert fetch(client, file).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_picture_removed_while_it_is_decoded__is_404_and_leaves_nothing(
    client: Client, file: AbstractFile, settings: Any
) -> None:
    with while_decoding(lambda: purge_file(file=file)):
        response = fetch(client, file)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not Rendition.objects.exists()
    assert blobs(settings) == []


def test_failures__are_no_downloads(client: Client, organization: AbstractOrganization) -> None:
    file = make_picture(organization, content=photo()[:5000])

    for height in (200, 300, "x"):
        assert fetch(client, file, height).status_code in (422, 403, 404)

    assert counted_nothing()


# What a site takes at all.


def test_site_for_pictures_alone__refuses_the_rest(client: Client, settings: Any) -> None:
    settings.ORG_FILES = {"ALLOWED_TYPES": ["image/*"]}
    # By its content, not by what it calls itself.
    stored = post_file(client, photo(64, 48), "a.txt")
    assert (stored.status_code, stored.json()["is_picture"]) == (201, True)
    before = len(blobs(settings))

    for name, content in (
        ("a.jpg", b"<script>"),
        ("a.svg", b"<svg/>"),
        ("a.tiff", b"II"),
        ("a", b""),
    ):
        response = post_file(client, content, name)
        assert (response.status_code, response.json()["code"]) == (415, "type_not_allowed")
    settings.ORG_FILES = {"ALLOWED_TYPES": ["image/jpeg", "image/png"]}
    assert post_file(client, picture(kind="GIF").getvalue(), "a.jpg").status_code == 415
    assert len(blobs(settings)) == before
