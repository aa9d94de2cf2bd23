"""How large a file may be and how much an organization may store: as its tier says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from org_files.models import AbstractOrganization
from org_files.testing.factories import subscribe
from tests.rest.requests import post_file


def outcome(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")


@pytest.mark.parametrize(("of_site", "of_tier", "most"), [(None, 5, 5), (5, 9, 5)])
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
    [({"quota_bytes": 10}, [4, 6, 1]), ({"quota_files": 2}, [0, 9, 0])],
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
