"""POST files/: who may, where to, and what becomes of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from org_files import get_file_model
from org_files.models import AbstractOrganization
from tests.rest.conftest import blobs
from tests.rest.requests import UPLOAD, post_file


def test_upload__is_answered_with_the_file(client: Client, user: Any, settings: Any) -> None:
    content = b"\x89PNG\r\n\x1a\n not much of a picture"
    expires_at = (timezone.now() + timedelta(days=1)).astimezone(UTC).replace(microsecond=0)

    response = post_file(
        client,
        content,
        "Holiday.png",
        comment=" a comment ",
        resource="invoice",
        resource_id="7",
        is_public="true",
        expires_at=expires_at.isoformat(),
    )

    assert response.status_code == 201
    body = response.json()
    file = get_file_model()._base_manager.get()
    assert body == {
        "id": str(file.public_id),
        "name": "Holiday.png",
        "size": len(content),
        "content_type": "image/png",
        "is_picture": True,
        "sha256": sha256(content).hexdigest(),
        "comment": " a comment ",
        "resource": "invoice",
        "resource_id": "7",
        "is_public": True,
        "organization": {"id": file.organization_id, "name": "Acme"},
        "owner": {"id": user.pk, "name": user.get_username()},
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
        "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        "deleted_at": None,
        "download_count": 0,
        "last_downloaded_at": None,
        "content_url": f"http://testserver/api/files/{file.public_id}/content/",
        "renditions": [
            {
                "height": height,
                "url": f"http://testserver/api/files/{file.public_id}/renditions/{height}/",
            }
            for height in (200, 400)
        ],
    }
    for moment in ("created_at", "updated_at"):
        assert body[moment].endswith("Z")
        assert abs(timezone.now() - datetime.fromisoformat(body[moment])) < timedelta(minutes=1)
    assert [path.read_bytes() for path in blobs(settings)] == [content]


def test_upload__is_what_its_url_shows(client: Client) -> None:
    body = post_file(client).json()

    assert client.get(f"/api/files/{body['id']}/").json() == body
    assert client.get("/api/files/").json()["results"] == [body]


def test_key__holds_nothing_of_what_the_client_sent(client: Client, settings: Any) -> None:
    post_file(client, b"x", "secret.txt", resource="plans")

    (path,) = blobs(settings)
    key = path.relative_to(settings.STORAGES["org_files"]["OPTIONS"]["location"]).as_posix()
    assert re.fullmatch(r"[0-9a-f]{24}/[0-9a-f]{24}/[0-9a-f]{32}", key)


def test_fields_that_are_the_servers__are_ignored(
    client: Client, user: Any, stranger: Any, organization: AbstractOrganization, settings: Any
) -> None:
    response = post_file(
        client,
        id="0192f0c1-2d3e-7000-8000-000000000000",
        public_id="0192f0c1-2d3e-7000-8000-000000000000",
        key="../../evil",
        content="../../evil",
        sha256="0" * 64,
        size="1",
        content_type="text/html",
        is_picture="true",
        owner=str(stranger.pk),
        created_at="2001-01-01T00:00:00Z",
        download_count="99",
        folded_download_count="99",
        deleted_at="2001-01-01T00:00:00Z",
    )

    assert response.status_code == 201
    body = response.json()
    assert body["id"] != "0192f0c1-2d3e-7000-8000-000000000000"
    assert body["sha256"] == sha256(b"some bytes").hexdigest()
    assert body["size"] == 10
    assert body["content_type"] == "text/plain"
    assert body["is_picture"] is False
    assert body["owner"]["id"] == user.pk
    assert body["download_count"] == 0
    assert body["deleted_at"] is None
    assert not body["created_at"].startswith("2001")
    assert "evil" not in str(blobs(settings))


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.png", b"no picture", "application/octet-stream"),
        ("a.svg", b"<svg/>", "image/svg+xml"),
    ],
)
def test_type__comes_from_the_name_and_for_pictures_from_the_content(
    client: Client, name: str, content: bytes, content_type: str
) -> None:
    file = SimpleUploadedFile("x", content, content_type="image/jpeg")

    response = client.post(UPLOAD, {"file": file, "name": name})

    assert response.json()["content_type"] == content_type


@pytest.mark.usefixtures("unchanged")
def test_type_that_is_not_allowed__is_415(client: Client, settings: Any) -> None:
    settings.ORG_FILES = {"ALLOWED_TYPES": ["image/*"]}

    response = post_file(client)

    assert response.status_code == 415
    assert response.json()["code"] == "type_not_allowed"


@pytest.mark.parametrize("data", [{}, {"file": "text"}, {"file": ""}])
@pytest.mark.parametrize("content_type", ["multipart", "form", "json"])
@pytest.mark.usefixtures("unchanged")
def test_missing_file__is_400_at_the_field(
    client: Client, data: dict[str, str], content_type: str
) -> None:
    if content_type == "multipart":
        response = client.post(UPLOAD, data)
    elif content_type == "form":
        body = "&".join(f"{name}={value}" for name, value in data.items())
        response = client.post(UPLOAD, body, content_type="application/x-www-form-urlencoded")
    else:
        response = client.post(UPLOAD, data, content_type="application/json")

    assert response.status_code == 400
    assert list(response.json()) == ["file"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization", "abc"),
        ("organization", "9" * 5000),
        ("organization", "1\x00"),
        ("resource", "x" * 101),
        ("comment", "a\x00b"),
        ("is_public", "perhaps"),
        ("expires_at", "2999-01-01T00:00:00"),
        ("expires_at", "2001-01-01T00:00:00Z"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_value_that_is_none__is_400_at_its_field(client: Client, field: str, value: str) -> None:
    response = post_file(client, **{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_temporary_file__is_gone_afterwards(
    client: Client, temporary: Path, organization: AbstractOrganization
) -> None:
    assert post_file(client, b"x" * 3_000_000).status_code == 201
    assert post_file(client, b"x" * 3_000_000, organization="abc").status_code == 400
    assert post_file(Client(), b"x" * 3_000_000).status_code == 401
    assert list(temporary.iterdir()) == []
