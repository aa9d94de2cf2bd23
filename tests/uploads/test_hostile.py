"""Hostile input of uploads over HTTP, each with its answer.

Other modules have wrong offsets and lengths, foreign and guessed ids, sessions that never end, and
two writers.
"""

import os
import time
from hashlib import sha256

import pytest

from org_files import get_file_model
from org_files.models import Upload
from org_files.uploads import watching
from tests.uploads.conftest import encoded, session

pytestmark = pytest.mark.django_db(transaction=True)

#: As many as an attacker would send take minutes.
ONE_BYTE_PATCHES = int(os.environ.get("ONE_BYTE_PATCHES", "100"))


class Slow:
    """A body of which one byte arrives at a time."""

    def __init__(self, length, seconds):
        self.left, self.seconds = length, seconds

    def read(self, size=-1):
        if not self.left:
            return b""
        self.left -= 1
        time.sleep(self.seconds)
        return b"x"

    readline = read


def test_slow_body__is_ended_and_counts(api, settings, monkeypatch):
    settings.ORG_FILES = {"UPLOADS": {"MIN_RATE": 1000}}
    monkeypatch.setattr(watching, "INTERVAL", 0.05)
    monkeypatch.setattr(watching, "WINDOW", 0.2)
    path = api.create(10_000)
    response = api.client.generic(
        "PATCH",
        path,
        b"",
        content_type="application/offset+octet-stream",
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
        CONTENT_LENGTH="10000",
        **{"wsgi.input": Slow(10_000, 0.01)},
    )
    assert (response.status_code, response.json()["code"]) == (408, "upload_too_slow")
    assert 0 < session(path).offset < 200


def test_patches_of_one_byte__are_a_file(api, reserved):
    path = api.create(ONE_BYTE_PATCHES)
    for offset in range(ONE_BYTE_PATCHES):
        response = api.append(path, offset, b"%d" % (offset % 10))
        assert response.status_code == 204
    content = b"".join(b"%d" % (offset % 10) for offset in range(ONE_BYTE_PATCHES))
    assert get_file_model().objects.get().sha256 == sha256(content).hexdigest()
    assert reserved() == ((0, 0), (ONE_BYTE_PATCHES, 1))


@pytest.mark.parametrize(
    "metadata",
    [
        "filename " + "A" * 1024 * 1024,
        ",".join(f"key{number}" for number in range(10_000)),
        "filename a\0b",
        "filename YQ==\r\nX-Injected: 1",
        encoded(filename="a\r\nX-Injected: 1"),
        encoded(filename="a\0b"),
        encoded(filename="a", comment="a\0b"),
        encoded(filename="a", organization="\0"),
    ],
)
def test_hostile_metadata__is_refused(api, metadata):
    response = api.tus("POST", "uploads/", Upload_Length=5, Upload_Metadata=metadata)
    assert response.status_code == 400
    assert "X-Injected" not in response.headers
    assert not Upload.objects.exists()


def test_line_end_in_a_comment__does_not_end_a_header(api):
    path = api.create(5, Upload_Metadata=encoded(filename="a", comment="a\r\nX-Injected: 1"))
    response = api.tus("HEAD", path)
    assert (response.status_code, "X-Injected" in response.headers) == (200, False)


@pytest.mark.parametrize("name", ["a%0D%0AX-Injected:1", "a%00b"])
def test_hostile_name_of_the_draft__is_refused(api, name):
    response = api.draft("POST", f"files/?name={name}", b"x", Upload_Complete="?1")
    assert (response.status_code, Upload.objects.exists()) == (400, False)


def test_compressed_content__is_refused(api, reserved):
    path = api.create(10)
    patch = api.append(path, 0, b"01234", Content_Encoding="gzip")
    post = api.draft("POST", "files/", b"x", Upload_Complete="?1", Content_Encoding="gzip")
    assert (patch.status_code, post.status_code) == (415, 415)
    assert session(path).offset == 0
    assert reserved() == ((10, 1), (0, 0))


def test_id_of_a_session__is_in_no_log(api, caplog):
    path = api.create(10)
    answers = [
        api.append(path, 3, b"345"),
        api.send("GET", path, Accept_Language="en", Content_Encoding="gzip"),
        api.send("POST", f"{path}parts/", b"{}", content_type="application/json"),
        api.tus("PUT", path),
    ]
    assert [each.status_code for each in answers] == [409, 415, 409, 405]
    assert session(path).public_id not in caplog.text


def test_lengths__stay_far_below_what_a_column_can_count(api, reserved):
    answers = [api.tus("POST", "uploads/", Upload_Length="9" * digits) for digits in (15, 16)]
    assert [each.status_code for each in answers] == [201, 400]
    assert reserved() == ((10**15 - 1, 1), (0, 0))


def test_path_in_a_name__is_no_storage_key(api):
    response = api.tus(
        *("POST", "uploads/", b"hello"),
        Upload_Length=5,
        Upload_Metadata=encoded(filename="../../etc/passwd"),
    )
    assert response.status_code == 201
    file = get_file_model().objects.get()
    assert (".." in file.content.name, "passwd" in file.content.name) == (False, False)
