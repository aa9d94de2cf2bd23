"""How large a file may be and how much an organization may store: as its tier says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from org_files.models import AbstractOrganization
from org_files.testing.factories import join, make_organization, subscribe
from tests.rest.requests import post_file


def outcome(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")


@pytest.mark.parametrize(
    ("of_site", "of_tier", "most"), [(None, 5, 5), (9, 5, 5), (5, 9, 5), (5, None, 5)]
)
def test_file__is_taken_up_to_the_smaller_of_two_limits(
    client: Client,
    organization: AbstractOrganization,
    settings: Any,
    state: Callable[[], Any],
    of_site: int | None,
    of_tier: int | None,
    most: int,
) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": of_site}
    subscribe(organization, max_file_size=of_tier)

    assert post_file(client, b"x" * most).status_code == 201
    before = state()

    assert outcome(post_file(client, b"x" * (most + 1))) == (413, "file_too_large")
    assert state() == before


@pytest.mark.parametrize(
    ("fields", "sizes"),
    [({"quota_bytes": 10}, [4, 6, 1]), ({"quota_files": 2}, [0, 9, 0]), ({"quota_bytes": 0}, [1])],
)
def test_upload_beyond_the_quota_of_the_tier__is_413_and_changes_nothing(
    client: Client,
    organization: AbstractOrganization,
    state: Callable[[], Any],
    fields: dict[str, int],
    sizes: list[int],
) -> None:
    subscribe(organization, **fields)
    *fit, too_many = sizes
    for size in fit:
        assert post_file(client, b"x" * size).status_code == 201
    before = state()

    assert outcome(post_file(client, b"x" * too_many)) == (413, "quota_exceeded")
    assert state() == before


def test_quota_of_the_tier__comes_in_place_of_that_of_the_site(
    client: Client, organization: AbstractOrganization, settings: Any
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 4, "QUOTA_FILES": 1}
    subscribe(organization, quota_bytes=8)

    assert post_file(client, b"12345678").status_code == 201
    # Nothing is said of files, so that the site's number holds.
    assert outcome(post_file(client, b"")) == (413, "quota_exceeded")


def test_changed_quota__holds_from_the_next_upload(
    client: Client, organization: AbstractOrganization, settings: Any
) -> None:
    tier = subscribe(organization, quota_files=1)
    assert post_file(client).status_code == 201
    assert post_file(client).status_code == 413

    tier.quota_files = 2
    tier.save()
    assert post_file(client).status_code == 201
    assert post_file(client).status_code == 413
    organization.org_files_subscription.delete()
    assert post_file(client).status_code == 201
    settings.ORG_FILES = {"QUOTA_FILES": 3}
    assert post_file(client).status_code == 413


def test_limits__are_each_organizations_own(
    client: Client, user: Any, organization: AbstractOrganization
) -> None:
    other = make_organization("Globex")
    join(other, user)
    subscribe(organization, max_file_size=2)
    subscribe(other, max_file_size=4)

    for where, most in ((organization, 2), (other, 4)):
        data = {"organization": str(where.pk)}
        assert post_file(client, b"x" * most, **data).status_code == 201
        assert outcome(post_file(client, b"x" * (most + 1), **data)) == (413, "file_too_large")
