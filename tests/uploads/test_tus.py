"""tus 1.0.0 over HTTP."""

import hashlib
from base64 import b64encode

import pytest

from org_files import get_file_model
from org_files.models import Upload
from tests.uploads.conftest import encoded, session

pytestmark = pytest.mark.django_db(transaction=True)


def content_of(response, api):
    url = response.headers["Org-Files-Location"]
    return b"".join(api.client.get(f"{url}content/").streaming_content)


def test_upload_in_parts__becomes_a_file(api, reserved):
    path = api.create(10, Upload_Metadata=encoded(filename="a.txt", comment="Hello"))
    assert reserved() == ((10, 1), (0, 0))
    first = api.append(path, 0, b"01234")
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "5")
    head = api.tus("HEAD", path)
    assert (head.status_code, head.headers["Upload-Offset"]) == (200, "5")
    assert head.headers["Upload-Length"] == "10"
    last = api.append(path, 5, b"56789")
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, "10")
    assert content_of(last, api) == b"0123456789"
    file = get_file_model().objects.get()
    assert (file.name, file.comment) == ("a.txt", "Hello")
    assert file.sha256 == hashlib.sha256(b"0123456789").hexdigest()
    assert reserved() == ((0, 0), (10, 1))
    again = api.tus("HEAD", path)
    assert again.headers["Org-Files-Location"] == last.headers["Org-Files-Location"]


def test_other_offset__is_a_conflict(api):
    path = api.create(10)
    assert api.append(path, 3, b"345").status_code == 409
    assert session(path).offset == 0


def test_media_type__may_have_parameters(api):
    kind = "application/offset+octet-stream; charset=utf-8"
    assert api.append(api.create(2), 0, b"01", type=kind).status_code == 204
    created = api.tus("POST", "uploads/", b"01", type=kind, Upload_Length=2)
    assert created.headers["Upload-Offset"] == "2"


def test_options__tell_what_is_supported(api, settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1000}
    response = api.send("OPTIONS", "uploads/")
    assert response.status_code == 204
    assert response.headers["Tus-Version"] == "1.0.0"
    assert response.headers["Tus-Max-Size"] == "1000"
    assert "max-size=1000" in response.headers["Upload-Limit"]


def test_cancelled_upload__gives_back_the_quota(api, reserved):
    path = api.create(10)
    api.append(path, 0, b"01234")
    assert api.tus("DELETE", path).status_code == 204
    assert reserved() == ((0, 0), (0, 0))
    assert not Upload.objects.exists()
    assert api.tus("HEAD", path).status_code == 404


def test_checksum__is_verified_before_bytes_count(api):
    path = api.create(10)
    wrong = b64encode(hashlib.sha1(b"other", usedforsecurity=False).digest()).decode()
    assert api.append(path, 0, b"01234", Upload_Checksum=f"sha1 {wrong}").status_code == 460
    assert session(path).offset == 0
    right = b64encode(hashlib.sha256(b"01234").digest()).decode()
    assert api.append(path, 0, b"01234", Upload_Checksum=f"sha256 {right}").status_code == 204


def test_creation_with_upload(api):
    response = api.tus("POST", "uploads/", b"abc", Upload_Length=3)
    assert response.status_code == 201
    assert content_of(response, api) == b"abc"


def test_empty_upload__is_complete_at_once(api):
    response = api.tus("POST", "uploads/", Upload_Length=0)
    assert content_of(response, api) == b""


def test_deferred_length__reserves_what_has_arrived(api, reserved):
    path = api.create()
    assert api.tus("HEAD", path).headers["Upload-Defer-Length"] == "1"
    api.append(path, 0, b"abc")
    assert reserved() == ((3, 1), (0, 0))
    last = api.append(path, 3, b"de", Upload_Length=5)
    assert content_of(last, api) == b"abcde"
    assert reserved() == ((0, 0), (5, 1))
