"""Pictures that cannot be decoded, decoders that are busy, and stores that do not do their part."""

from pathlib import Path

import pytest
from django.core.files.storage import storages

from org_files.exceptions import RenditionsBusy
from org_files.files import purge_file
from org_files.models import Decoding, Rendition
from org_files.pictures import claims, services
from org_files.serving import rendition_of
from tests.pictures.stored import decodings, heights_there, make_picture, while_decoding
from tests.renditions.pictures import picture, png
from tests.rest.conftest import blobs
from tests.rest.contents import cut
from tests.rest.contents import url as content_url
from tests.rest.renditions import counted_nothing, fetch, image_of


@pytest.fixture
def file(organization):
    return make_picture(organization)


def path_in(settings, key):
    return Path(settings.STORAGES["org_files"]["OPTIONS"]["location"]) / key


def refuse(error):
    def fail(*args, **kwargs):
        raise error

    return fail


def assert_503(response, code):
    assert (response.status_code, response.json()["code"]) == (503, code)
    assert int(response.headers["Retry-After"]) > 0


def test_picture_that_cannot_be_decoded__is_422_and_kept_whole(client, organization):
    for content, detail in (
        (picture(640, 480, "PNG").getvalue()[:5000], "This is not a picture that can be read."),
        (
            png(13_312, 13_312, rows=1).getvalue(),
            "The picture is larger than can be shown here.",
        ),
    ):
        file = make_picture(organization, content=content)
        response = fetch(client, file)
        assert response.status_code == 422
        assert response.json() == {"detail": detail, "code": "not_a_picture"}
    assert counted_nothing()
    assert client.get(content_url(file)).getvalue() == content


def test_busy_decoder__is_503_with_retry_after(client, file, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(services, "scale", refuse(RenditionsBusy()))
        assert_503(fetch(client, file), "renditions_busy")
    # Likewise where another process decodes the picture for too long.
    monkeypatch.setattr(claims, "LONG_WAIT", 0.1)
    with claims.claim(file):
        assert_503(fetch(client, file), "renditions_busy")

    assert image_of(fetch(client, file)).height == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("damage", "headers"), [(Path.unlink, {}), (cut, {"Range": "bytes=0-9"})])
def test_damaged_rendition__is_made_again(client, file, settings, damage, headers):
    fetch(client, file)
    lost = Rendition.objects.get(height=200)
    damage(path_in(settings, lost.key))

    after = fetch(client, file, **headers)

    assert after.status_code == (206 if headers else 200)
    made = Rendition.objects.get(height=200)
    assert made.key != lost.key
    assert after.headers["ETag"] == rendition_of(file, made).etag
    assert image_of(fetch(client, file)).size == (267, 200)
    assert heights_there(file) == [200, 400]
    assert not path_in(settings, lost.key).exists()


def test_damaged_original__is_503_until_it_is_back(client, file, settings):
    path = path_in(settings, file.content.name or "")
    content = path.read_bytes()
    for damage in (cut, Path.unlink):
        damage(path)
        assert_503(fetch(client, file), "content_unavailable")
        assert not Decoding.objects.exists()
    path.write_bytes(content)
    assert fetch(client, file).status_code == 200
    # The heights that were made do not need it.
    path.unlink()
    assert fetch(client, file, 400).status_code == 200


def test_store_that_fails__is_503_or_507_and_leaves_nothing(client, file, settings, monkeypatch):
    for call, error, status, code in (
        ("open", OSError(5, "I/O"), 503, "storage_unavailable"),
        ("_save", OSError(5, "I/O"), 503, "storage_unavailable"),
        ("_save", OSError(28, "No space left"), 507, "storage_full"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(storages["org_files"], call, refuse(error))
            response = fetch(client, file)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert ("Retry-After" in response.headers) is (status == 503)
        assert heights_there(file) == []
        assert len(blobs(settings)) == 1
    assert fetch(client, file).status_code == 200

    # What was made is kept meanwhile.
    with monkeypatch.context() as patch:
        patch.setattr(storages["org_files"], "open", refuse(TimeoutError()))
        assert fetch(client, file).status_code == 503
    with decodings() as decoded:
        assert fetch(client, file).status_code == 200
    decoded.assert_not_called()


@pytest.mark.django_db(transaction=True)
def test_picture_removed_while_it_is_decoded__is_404_and_leaves_nothing(client, file, settings):
    with while_decoding(lambda: purge_file(file=file)):
        response = fetch(client, file)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not Rendition.objects.exists()
    assert blobs(settings) == []
