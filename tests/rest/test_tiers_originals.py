"""The original of a picture leaves where the tier says so; other files always do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files.models import AbstractFile, AbstractOrganization, Download, Tier
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import make_picture
from tests.rest.contents import counted, get, url
from tests.rest.renditions import counted_nothing, fetch, image_of
from tests.rest.requests import signed_in


@pytest.fixture
def basic(organization: AbstractOrganization) -> Tier:
    """The tier of the organization, which has no originals."""
    return subscribe(organization, heights=[200], allow_original=False)


@pytest.fixture
def picture(organization: AbstractOrganization) -> AbstractFile:
    return make_picture(organization)


@pytest.mark.usefixtures("basic", "backend")
def test_original_that_the_tier_does_not_have__is_403_and_nothing_is_counted(
    client: Client, stranger: Any, picture: AbstractFile
) -> None:
    for headers in (
        {},
        {"Range": "bytes=0-9"},
        {"Range": "bytes=999999999-"},
        {"If-None-Match": f'"{picture.sha256}"'},
        {"If-Match": '"other"'},
    ):
        response = client.get(url(picture), headers=headers)
        assert response.status_code == 403
        assert response.json() == {
            "detail": "The organization's tier does not have original pictures.",
            "code": "original_not_in_tier",
        }
        assert "ETag" not in response.headers
        # A stranger is told nothing of tiers.
        assert signed_in(stranger).get(url(picture), headers=headers).status_code == 404
    assert client.head(url(picture)).status_code == 403
    assert image_of(fetch(client, picture, 200)).height == 200
    assert counted_nothing()


@pytest.mark.usefixtures("basic")
def test_file_that_is_no_picture__leaves_under_any_tier(
    client: Client, organization: AbstractOrganization
) -> None:
    for name, content in (("a.svg", b"<svg/>"), ("a.jpg", b"no picture")):
        file = make_stored_file(organization, name=name, content=content)
        assert get(client, file) == (200, content)
        assert get(client, file, Range="bytes=0-1") == (206, content[:2])
        assert Download.objects.filter(file=file.pk).count() == 1


def test_changed_tier__holds_from_the_next_request(
    client: Client, organization: AbstractOrganization, basic: Tier, picture: AbstractFile
) -> None:
    assert get(client, picture)[0] == 403
    basic.allow_original = True
    basic.save()
    assert get(client, picture)[0] == 200
    organization.org_files_subscription.delete()
    assert get(client, picture)[0] == 200
    basic.allow_original = False
    basic.save()
    subscribe(organization, basic)
    assert get(client, picture)[0] == 403
    assert counted(client, picture) == 2


@pytest.mark.usefixtures("backend")
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
