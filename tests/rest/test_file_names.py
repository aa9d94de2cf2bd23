"""Names of files by part, field and change: one rule, whose unit tests are in tests/files."""

import pytest

from org_files import get_file_model
from org_files.testing.factories import make_file
from tests.rest.requests import UPLOAD, closed, part, send


def by_part(client, name):
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return send(client, UPLOAD, closed(part("file", b"x", quoted)))


def by_field(client, name):
    return send(client, UPLOAD, closed(part("file", b"x", "other.txt"), part("name", name)))


def by_change(client, name):
    path = f"/api/files/{get_file_model()._base_manager.earliest('pk').public_id}/"
    return client.patch(path, {"name": name}, content_type="application/json")


def percent_encoded(client, name):
    """Send a name as RFC 5987 has it."""
    head = f"name=\"file\"; filename*=UTF-8''{name}".encode()
    return send(client, UPLOAD, closed(part("file", b"x").replace(b'name="file"', head)))


GOOD_NAME = part("name", "good.txt")

UNDECODABLE = (
    ("filename", b'"\xef\xe0.txt"', "invalid_utf8", "file"),
    ("filename*", b"UTF-8''%EF%E0.txt", "invalid_utf8", "file"),
    ("filename*", b"UTF-8''a%zz.txt", None, "name"),
    ("filename*", b"klingon''a.txt", None, "name"),
    ("filename*", b"-PUNYCODE''a.txt", None, "name"),
    ("filename*", b"nonsense", None, "name"),
    ("filename*", b"", None, "name"),
    ("filename*0*", b"UTF-8''a.txt", None, "name"),
    ('filename="good.txt"; filename*', b"nonsense", None, "name"),
    ("filename*=nonsense; filename", b"good.txt", None, "name"),
)


@pytest.mark.parametrize(("parameter", "value", "code", "field"), UNDECODABLE)
def test_name_of_a_part_that_cannot_be_decoded__is_what_is_answered(
    client, parameter, value, code, field
):
    head = b'name="file"; ' + parameter.encode() + b"=" + value
    file = part("file", b"x").replace(b'name="file"', head)

    refused = send(client, UPLOAD, closed(file))
    assert (refused.status_code, refused.json().get("code")) == (400, code)
    assert field in (refused.json()["detail"] if code else refused.json())

    for parts in ((file, GOOD_NAME), (GOOD_NAME, file)):
        stored = send(client, UPLOAD, closed(*parts))
        assert (stored.status_code, stored.json()["name"]) == (201, "good.txt")


@pytest.fixture(autouse=True)
def _file(organization, user):
    """One to rename."""
    make_file(organization, user, name="other.txt")


@pytest.mark.parametrize("way", [by_part, by_field, by_change])
def test_name__is_stored_without_directories_in_nfc(client, way):
    for sent, stored in (
        ("C:\\Users\\ada\\report.pdf", "report.pdf"),
        ("../e\u0301.txt", "\u00e9.txt"),
        ("Budget:$5000 plan.txt", "Budget:$5000 plan.txt"),
        ("\U0001f468\u200d\U0001f469;b=c.txt", "\U0001f468\u200d\U0001f469;b=c.txt"),
        ("100%25 'quoted'.txt", "100%25 'quoted'.txt"),
        ("\u5831" * 255, "\u5831" * 255),
    ):
        response = way(client, sent)

        assert response.status_code in (200, 201), response.content
        assert response.json()["name"] == stored


@pytest.mark.parametrize("way", [by_part, by_field, by_change])
@pytest.mark.usefixtures("unchanged")
def test_name_that_is_none__is_400_at_the_field(client, way):
    for name in ("..", "\u202egpj.exe", "a.txt::$DATA"):
        response = way(client, name)
        assert (response.status_code, list(response.json())) == (400, ["name"]), name
    for name in ("a\x00b.txt", "a\r\nb.txt", "\U0001f600" * 256):
        assert way(client, name).status_code == 400


def test_percent_signs_and_quotation_marks__are_decoded_as_forms_encode_them(client):
    assert percent_encoded(client, "%E2%82%AC%2F%20a.txt").json()["name"] == "a.txt"
    for sent, stored in (
        ("a %22quoted%22 name.txt", 'a "quoted" name.txt'),
        ("100%2522%2F.txt", "100%2522%2F.txt"),
    ):
        assert by_part(client, sent).json()["name"] == stored
    for way in (by_field, by_change):
        assert way(client, "a%22b.txt").json()["name"] == "a%22b.txt"
    # As the form of a browser sends it.
    assert by_field(client, "").json()["name"] == "other.txt"


@pytest.mark.usefixtures("unchanged")
def test_blank_or_missing_name__is_400(client):
    for way in (by_field, by_change):
        assert list(way(client, " ").json()) == ["name"]
    assert percent_encoded(client, "a%0D%0Ab.txt").status_code == 400
    # What a browser sends when nothing was chosen.
    assert list(by_part(client, "").json()) == ["file"]


@pytest.mark.usefixtures("unchanged")
def test_name_in_another_encoding__is_not_guessed(client):
    body = closed(part("file", b"x", "caf\xe9.txt".encode("latin-1")))

    assert send(client, UPLOAD, body).status_code == 400
