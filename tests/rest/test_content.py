"""GET and HEAD files/{id}/content/: the bytes, and what stands above them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.http import http_date

from org_files.models import AbstractFile, Download, Role
from org_files.testing.factories import join, make_stored_file, make_user
from tests.rest.contents import CONTENT, counted, get, url
from tests.rest.requests import browser_of, signed_in


def test_headers__are_those_of_the_contract(client: Client, file: AbstractFile) -> None:
    response = client.get(url(file))
    response.getvalue()

    assert response.headers["ETag"] == f'"{file.sha256}"'
    assert response.headers["Last-Modified"] == http_date(file.created_at.timestamp())
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Length"] == "100"
    assert response.headers["Content-Disposition"] == 'attachment; filename="report.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_original_name__is_what_the_browser_saves(client: Client, organization: Any) -> None:
    file = make_stored_file(organization, name="Geb\u00fchr \u5831.txt")

    response = client.get(url(file))
    response.getvalue()

    assert response.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''Geb%C3%BChr%20%E5%A0%B1.txt"
    )


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png", "nonsense"])
def test_accept_and_format__change_nothing(client: Client, file: AbstractFile, accept: str) -> None:
    response = client.get(url(file), {"format": "api"}, headers={"Accept": accept})

    assert response.getvalue() == CONTENT


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("a.pdf", "inline", "inline"),
        ("a.pdf", "attachment", "attachment"),
        ("a.txt", "inline", "inline"),
        ("a.svg", "inline", "attachment"),
        ("a.html", "inline", "attachment"),
        ("a.xhtml", "inline", "attachment"),
        ("a.zip", "inline", "attachment"),
        ("a.png", "inline", "attachment"),  # called a picture, but none
    ],
)
def test_disposition__is_inline_for_the_list_only(
    client: Client, organization: Any, name: str, asked: str, expected: str
) -> None:
    file = make_stored_file(organization, name=name, content=b"<script>alert(1)</script>")

    response = client.get(url(file), {"disposition": asked})
    response.getvalue()

    assert response.headers["Content-Disposition"].startswith(expected)


@pytest.mark.parametrize("disposition", ["", "INLINE", "form-data", "inline\r\nX: y", "x" * 9999])
def test_other_disposition__is_400_and_no_download(
    client: Client, file: AbstractFile, disposition: str
) -> None:
    response = client.get(url(file), {"disposition": disposition})

    assert response.status_code == 400
    assert list(response.json()) == ["disposition"]
    assert counted(client, file) == 0


def test_head__is_like_get_without_bytes_and_no_download(
    client: Client, file: AbstractFile
) -> None:
    got = client.get(url(file))
    got.getvalue()
    before = counted(client, file)

    for headers in ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=999-"}):
        head = client.head(url(file), headers=headers)
        assert head.status_code == 200
        assert head.content == b""
        assert dict(head.headers) == dict(got.headers)
    assert counted(client, file) == before


@pytest.mark.parametrize(
    ("policy", "status"),
    [("OpenPolicy", 200), ("OrganizationPolicy", 404), ("OwnerPolicy", 404)],
)
def test_stranger__downloads_what_the_policy_shows(
    stranger: Any, file: AbstractFile, settings: Any, policy: str, status: int
) -> None:
    settings.ORG_FILES = settings.ORG_FILES | {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    assert get(signed_in(stranger), file)[0] == status
    assert get(signed_in(stranger), file, Range="bytes=0-9")[0] in (206, 404)
    assert Download.objects.count() == (1 if status == 200 else 0)


def test_public_file__is_downloaded_by_a_stranger(
    stranger: Any, organization: Any, client: Client
) -> None:
    file = make_stored_file(organization, content=CONTENT, is_public=True)
    viewer = make_user("vic")
    join(organization, viewer, Role.VIEWER)

    for each in (stranger, viewer):
        assert get(signed_in(each), file) == (200, CONTENT)
    assert counted(client, file) == 2


def test_session__downloads_without_a_csrf_token(user: Any, file: AbstractFile) -> None:
    assert get(browser_of(user), file) == (200, CONTENT)
