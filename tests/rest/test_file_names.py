"""Names of files by part, field and change: one rule, whose unit tests are in tests/files."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files import get_file_model
from org_files.models import AbstractOrganization
from org_files.testing.factories import make_file
from tests.rest.requests import UPLOAD, closed, part, send


def by_part(client: Client, name: str) -> Any:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return send(client, UPLOAD, closed(part("file", b"x", quoted)))


def by_field(client: Client, name: str) -> Any:
    return send(client, UPLOAD, closed(part("file", b"x", "other.txt"), part("name", name)))


def by_change(client: Client, name: str) -> Any:
    return client.patch(
        f"/api/files/{get_file_model()._base_manager.earliest('pk').public_id}/",
        {"name": name},
        content_type="application/json",
    )


@pytest.fixture(autouse=True)
def _file(organization: AbstractOrganization, user: Any) -> None:
    """One to rename."""
    make_file(organization, user, name="other.txt")


@pytest.fixture(params=[by_part, by_field, by_change])
def named(request: Any, client: Client) -> Any:
    return lambda name: request.param(client, name)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("C:\\Users\\ada\\report.pdf", "report.pdf"),
        ("../e\u0301.txt", "\u00e9.txt"),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467.txt",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467.txt",
        ),
        ("a;b=c.txt", "a;b=c.txt"),
        ("100%25.txt", "100%25.txt"),
        ("it's 'quoted'.txt", "it's 'quoted'.txt"),
        ("\u5831" * 255, "\u5831" * 255),
    ],
)
def test_name__is_stored_without_directories_in_nfc(named: Any, sent: str, stored: str) -> None:
    response = named(sent)

    assert response.status_code in (200, 201), response.content
    assert response.json()["name"] == stored


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "a\\",
        "\u200b",
        "\u202egpj.exe",
        "a.txt::$DATA",
        "a\x7fb.txt",
        "\U0001f600" * 256,
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_name_that_is_none__is_400_at_the_field(named: Any, name: str) -> None:
    response = named(name)

    assert response.status_code == 400
    assert list(response.json()) == ["name"] or response.json()["code"] == "malformed_multipart"


@pytest.mark.parametrize("name", ["a\x00b.txt", "a\rb.txt", "a\nb.txt", "a\r\nb.txt"])
@pytest.mark.usefixtures("unchanged")
def test_control_character__is_400(named: Any, name: str) -> None:
    assert named(name).status_code == 400


@pytest.mark.parametrize(
    "name",
    ["a%0Ab.txt", "a%0D%0Ab.txt", "a%00b.txt", "a%E2%80%AEb.txt", "%2E%2E"],
)
@pytest.mark.usefixtures("unchanged")
def test_percent_encoded_name__obeys_the_same_rule(client: Client, name: str) -> None:
    # RFC 5987; a client that percent-encodes hides nothing.
    head = part("file", b"x").replace(
        b'name="file"', b"name=\"file\"; filename*=UTF-8''" + name.encode()
    )

    response = send(client, UPLOAD, closed(head))

    assert response.status_code == 400


def test_percent_encoded_name__is_decoded(client: Client) -> None:
    head = part("file", b"x").replace(
        b'name="file"', b"name=\"file\"; filename*=UTF-8''%E2%82%AC%2F%20a.txt"
    )

    assert send(client, UPLOAD, closed(head)).json()["name"] == "a.txt"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a %22quoted%22 name.txt", 'a "quoted" name.txt'),
        ("%22", '"'),
        ("100%2522.txt", "100%2522.txt"),
        ("a%20b%2Fc.txt", "a%20b%2Fc.txt"),
    ],
)
def test_quotation_marks_as_forms_send_them__are_such(
    client: Client, sent: str, stored: str
) -> None:
    assert send(client, UPLOAD, closed(part("file", b"x", sent))).json()["name"] == stored


def test_percent_signs_of_fields__are_left_alone(client: Client) -> None:
    for named in (by_field, by_change):
        assert named(client, "a%22b.txt").json()["name"] == "a%22b.txt"


def test_empty_field__is_none(client: Client) -> None:
    # As the form of a browser sends it.
    assert by_field(client, "").json()["name"] == "other.txt"


@pytest.mark.parametrize("name", [" ", "\t", "\u3000"])
@pytest.mark.usefixtures("unchanged")
def test_blank_field__is_400(client: Client, name: str) -> None:
    for named in (by_field, by_change):
        response = named(client, name)

        assert response.status_code == 400
        assert list(response.json()) == ["name"]


@pytest.mark.usefixtures("unchanged")
def test_part_with_an_empty_name__is_no_file(client: Client) -> None:
    # What a browser sends when nothing was chosen.
    response = send(client, UPLOAD, closed(part("file", b"", "")))

    assert response.status_code == 400
    assert list(response.json()) == ["file"]


@pytest.mark.usefixtures("unchanged")
def test_name_in_another_encoding__is_not_guessed(client: Client) -> None:
    response = send(client, UPLOAD, closed(part("file", b"x", "caf\xe9.txt".encode("latin-1"))))

    assert response.status_code == 400
