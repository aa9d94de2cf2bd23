"""Digest fields (RFC 9530) of a form with a file."""

from base64 import b64encode
from hashlib import sha512

import pytest

from org_files import get_file_model
from tests.rest.requests import MULTIPART, closed, part
from tests.uploads.conftest import digest

pytestmark = pytest.mark.django_db

FORM = closed(part("file", b"hello", "a.txt"))
LONG = f"sha-512=:{b64encode(sha512(b'hello').digest()).decode()}:"


def send(api, **headers):
    return api.send("POST", "files/", FORM, content_type=MULTIPART, **headers)


@pytest.mark.parametrize("header", ["Content_Digest", "Repr_Digest"])
@pytest.mark.parametrize("value", [digest(FORM), digest(b"hello"), LONG, "md5=:AAAA:"])
def test_right_digest__is_accepted(api, header, value):
    assert send(api, **{header: value}).status_code == 201


@pytest.mark.parametrize("header", ["Content_Digest", "Repr_Digest"])
def test_other_digest__is_refused(api, header):
    response = send(api, **{header: digest(b"other")})
    assert (response.status_code, response.json()["code"]) == (400, "digest_mismatch")
    assert send(api, **{header: "sha-256=other"}).status_code == 400
    assert not get_file_model().objects.exists()


def test_wanted_digest__is_answered(api):
    assert send(api, Want_Repr_Digest="sha-256=1").headers["Repr-Digest"] == digest(b"hello")
    assert send(api, Want_Repr_Digest="sha-512=1").headers["Repr-Digest"] == LONG
    assert "Repr-Digest" not in send(api, Want_Repr_Digest="sha-256=0").headers
