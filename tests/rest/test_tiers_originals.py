"""The original of a picture leaves where the tier says so; other files always do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files.models import AbstractFile, AbstractOrganization, Tier
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import make_picture, photo
from tests.rest.contents import counted, get, url
from tests.rest.renditions import counted_nothing, fetch, image_of
from tests.rest.requests import MISSING_ID, signed_in

pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture
def basic(organization: AbstractOrganization) -> Tier:
    """The tier of the organization, which has no originals."""
    return subscribe(organization, heights=[200], allow_original=False)


@pytest.fixture
def picture(organization: AbstractOrganization) -> AbstractFile:
    return make_picture(organization)


REQUESTS: list[dict[str, str]] = [
    {},
    {"Range": "bytes=0-9"},
    {"Range": "bytes=0-"},
    {"Range": "bytes=999999999-"},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other"'},
    {"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT"},
    {"If-Match": '"other"'},
    {"Range": "bytes=0-9", "If-Range": '"other"'},
]


@pytest.mark.usefixtures("basic")
@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("headers", REQUESTS, ids=str)
def test_original_that_the_tier_does_not_have__is_403_and_nothing_is_counted(
    client: Client, picture: AbstractFile, method: str, headers: dict[str, str]
) -> None:
    response = getattr(client, method)(url(picture), headers=headers)

    assert response.status_code == 403
    if method == "get":
        assert response.json() == {
            "detail": "The organization's tier does not have original pictures.",
            "code": "original_not_in_tier",
        }
    assert "ETag" not in response.headers
    assert counted_nothing()


@pytest.mark.usefixtures("basic")
def test_entity_tag_of_the_original__opens_nothing(client: Client, picture: AbstractFile) -> None:
    assert get(client, picture, If_None_Match=f'"{picture.sha256}"')[0] == 403


@pytest.mark.usefixtures("basic")
def test_heights__are_given_all_the_same(client: Client, picture: AbstractFile) -> None:
    assert image_of(fetch(client, picture, 200)).height == 200
    assert counted_nothing()


@pytest.mark.usefixtures("basic")
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b"text"), ("a.svg", b"<svg/>"), ("a.jpg", b"no picture"), ("a.tiff", b"II*\0")],
)
def test_file_that_is_no_picture__is_given_whole(
    client: Client, organization: AbstractOrganization, name: str, content: bytes
) -> None:
    file = make_stored_file(organization, name=name, content=content)

    assert get(client, file) == (200, content)
    assert get(client, file, Range="bytes=0-1") == (206, content[:2])
    # The part belongs to the download that was begun.
    assert counted(client, file) == 1


@pytest.mark.parametrize("fields", [None, {"allow_original": True, "heights": []}])
def test_original_that_the_tier_has__is_given_and_counted(
    client: Client,
    organization: AbstractOrganization,
    picture: AbstractFile,
    fields: dict[str, Any] | None,
) -> None:
    if fields is not None:
        subscribe(organization, **fields)

    assert get(client, picture) == (200, photo())
    assert counted(client, picture) == 1


def test_changed_tier__holds_from_the_next_request(
    client: Client, organization: AbstractOrganization, basic: Tier, picture: AbstractFile
) -> None:
    assert get(client, picture)[0] == 403
    basic.allow_original = True
    basic.save()
    assert get(client, picture)[0] == 200
    basic.allow_original = False
    basic.save()
    assert get(client, picture)[0] == 403
    organization.org_files_subscription.delete()
    assert get(client, picture)[0] == 200
    subscribe(organization, basic)
    assert get(client, picture)[0] == 403
    assert counted(client, picture) == 2


@pytest.mark.usefixtures("basic")
def test_stranger__is_told_nothing_of_tiers(stranger: Any, picture: AbstractFile) -> None:
    client = signed_in(stranger)
    missing = client.get(f"/api/files/{MISSING_ID}/content/")

    for headers in REQUESTS:
        refused = client.get(url(picture), headers=headers)
        assert (refused.status_code, refused.content) == (404, missing.content)


@pytest.mark.usefixtures("basic")
@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy", "OwnerPolicy"])
def test_every_policy__leaves_it_to_the_tier(
    settings: Any, user: Any, organization: AbstractOrganization, policy: str
) -> None:
    settings.ORG_FILES = settings.ORG_FILES | {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    mine = make_picture(organization, user)
    text = make_stored_file(organization, user)

    assert get(signed_in(user), mine)[0] == 403
    assert get(signed_in(user), text)[0] == 200


def test_download_with_a_tier__costs_no_statement_more(
    client: Client, organization: AbstractOrganization, picture: AbstractFile
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as context:
            assert get(client, picture)[0] == 200
        return len(context.captured_queries)

    count()
    without = count()
    subscribe(organization)

    assert count() == without
