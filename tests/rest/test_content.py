"""GET and HEAD files/{id}/content/: the bytes, and the headers above them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.http import http_date

from org_files.models import AbstractFile
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT, counted, get, url
from tests.rest.requests import browser_of


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


def test_accept_and_format__change_nothing(client: Client, file: AbstractFile) -> None:
    for accept in ("text/html", "nonsense"):
        response = client.get(url(file), {"format": "api"}, headers={"Accept": accept})
        assert response.getvalue() == CONTENT


@pytest.mark.parametrize(("name", "expected"), [("a.txt", "inline"), ("a.svg", "attachment")])
def test_disposition__is_inline_for_the_list_only(
    client: Client, organization: Any, name: str, expected: str
) -> None:
    file = make_stored_file(organization, name=name, content=b"<script>alert(1)</script>")

    response = client.get(url(file), {"disposition": "inline"})
    response.getvalue()

    assert response.headers["Content-Disposition"].startswith(expected)


def test_other_disposition__is_400_and_no_download(client: Client, file: AbstractFile) -> None:
    for disposition in ("", "INLINE", "inline\r\nX: y"):
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


def test_session__downloads_without_a_csrf_token(user: Any, file: AbstractFile) -> None:
    assert get(browser_of(user), file) == (200, CONTENT)
