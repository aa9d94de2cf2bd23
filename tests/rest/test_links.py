"""POST files/{id}/links/: what a new link takes, and what is shown of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.utils import timezone

from org_files.links import token_of
from org_files.models import AbstractFile, AbstractOrganization, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID
from tests.rest.shares import FORM, fetch


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's."""
    return make_stored_file(organization, user, name="report.txt", content=CONTENT)


def links_of(file: AbstractFile) -> str:
    return f"/api/files/{file.public_id}/links/"


def create(client: Client, file: AbstractFile, **values: Any) -> Any:
    body = {"expires_in": 3600} | values
    return client.post(links_of(file), body, content_type="application/json")


def test_new_link__is_shown_whole(client: Client, user: Any, file: AbstractFile) -> None:
    response = create(client, file, label="For Grace", max_downloads=5, password="hush")

    link = ShareLink.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert body == {
        "id": str(link.public_id),
        "file": {
            "id": str(file.public_id),
            "name": "report.txt",
            "size": len(CONTENT),
            "content_type": "text/plain",
        },
        "rendition": None,
        "url": f"http://testserver/api/shared/{token_of(link)}/",
        "label": "For Grace",
        "created_by": {"id": user.pk, "name": user.get_username()},
        "created_at": link.created_at.isoformat().replace("+00:00", "Z"),
        "expires_at": link.expires_at.isoformat().replace("+00:00", "Z"),
        "time_left": body["time_left"],
        "state": "active",
        "max_downloads": 5,
        "download_count": 0,
        "has_password": True,
    }
    assert 3590 <= body["time_left"] <= 3600
    assert client.get(f"/api/links/{link.public_id}/").json().keys() == body.keys()


def test_url__has_256_bits_and_nothing_of_what_it_opens(
    client: Client, user: Any, file: AbstractFile
) -> None:
    urls = {create(client, file).json()["url"] for _ in range(3)}

    assert len(urls) == 3
    for url in urls:
        token = url.rstrip("/").rpartition("/")[2]
        assert len(token) == 43
        for known in (str(file.public_id), file.public_id.hex, "report", user.get_username()):
            assert known not in url


@pytest.mark.parametrize("seconds", [1, 10**9, "60"])
def test_seconds__are_counted_from_now(client: Client, file: AbstractFile, seconds: Any) -> None:
    before = timezone.now()

    response = create(client, file, expires_in=seconds)

    assert response.status_code == 201
    end = datetime.fromisoformat(response.json()["expires_at"])
    assert before <= end - timedelta(seconds=int(seconds)) <= timezone.now()


@pytest.mark.parametrize(
    "seconds",
    [0, -1, 1.5, "", " 60", "\uff16\uff10", True, 10**30, [60]],
)
def test_odd_seconds__are_400_and_no_link(client: Client, file: AbstractFile, seconds: Any) -> None:
    response = create(client, file, expires_in=seconds)

    assert response.status_code == 400
    assert list(response.json()) == ["expires_in"]
    assert not ShareLink.objects.exists()


def test_form__leaves_empty_what_it_does_not_say(client: Client, file: AbstractFile) -> None:
    body = {"expires_in": "60", "max_downloads": "", "label": "", "password": "", "rendition": ""}

    response = client.post(links_of(file), body)

    assert response.status_code == 201
    link = response.json()
    assert (link["max_downloads"], link["label"], link["has_password"]) == (None, "", False)


@pytest.mark.parametrize("content_type", [MULTIPART_CONTENT, FORM])
def test_form_without_seconds__is_400_and_no_link_without_an_end(
    client: Client, file: AbstractFile, content_type: str
) -> None:
    body: Any = {"expires_in": ""} if content_type == MULTIPART_CONTENT else "expires_in="

    response = client.post(links_of(file), body, content_type=content_type)

    assert response.status_code == 400
    assert list(response.json()) == ["expires_in"]
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("max_downloads", value) for value in (0, 1.5, "\uff12", True, 2**63, [])),
        *(("label", value) for value in ("x" * 201, "a\0b")),
        *(("password", value) for value in ("x" * 129, "a\0b")),
        *(("rendition", value) for value in (0, "abc", 200, 2**31)),
    ],
)
def test_odd_value__is_400_and_no_link(
    client: Client, file: AbstractFile, field: str, value: Any
) -> None:
    response = create(client, file, **{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_downloads", 2**63 - 1),
        ("max_downloads", None),
        ("label", "😀" * 200),
        ("password", " "),
        ("rendition", None),
    ],
)
def test_value_at_its_bound__is_taken(
    client: Client, file: AbstractFile, field: str, value: Any
) -> None:
    response = create(client, file, **{field: value})

    assert response.status_code == 201
    assert response.json().get(field, value) == value


def test_what_the_site_decides__is_not_taken_from_the_client(
    client: Client, user: Any, admin: Any, file: AbstractFile
) -> None:
    create(
        client,
        file,
        id=MISSING_ID,
        public_id=MISSING_ID,
        token="chosen",
        token_digest="0" * 64,
        created_by=admin.pk,
        used=-5,
        revoked_at=None,
        state="active",
        url="http://evil.example/",
    )

    link = ShareLink.objects.get()
    assert (link.created_by, link.used) == (user, 0)
    assert str(link.public_id) != MISSING_ID
    assert token_of(link) is not None


class TestNewKey:
    """The URL of a link is derived from the site's key."""

    @pytest.fixture
    def link(self, file: AbstractFile) -> ShareLink:
        return make_link(file)

    def shown(self, client: Client, link: ShareLink, user: Any) -> Any:
        client.force_login(user)
        return client.get(f"/api/links/{link.public_id}/").json()["url"]

    def test_url_of_a_key_that_is_gone__is_null_though_it_opens(
        self, user: Any, link: ShareLink, settings: Any
    ) -> None:
        path = f"/api/shared/{token_of(link)}/"
        settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"

        assert self.shown(Client(), link, user) is None
        assert fetch(path) == (200, CONTENT)
