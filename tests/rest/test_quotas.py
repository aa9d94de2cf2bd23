"""What an organization may store, as uploads are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from org_files.models import AbstractOrganization
from tests.organizations.calls import caller
from tests.rest.requests import post_file


@pytest.mark.parametrize("quota", [{"QUOTA_BYTES": 12}, {"QUOTA_FILES": 2}])
def test_upload_beyond_the_quota__is_413_and_changes_nothing(
    settings: Any, client: Client, state: Callable[[], Any], quota: dict[str, int]
) -> None:
    settings.ORG_FILES = quota
    for _ in range(2):
        assert post_file(client, b"123456").status_code == 201
    before = state()

    response = post_file(client, b"1")

    assert response.status_code == 413
    assert response.json() == {
        "detail": "The organization has no room left for this file.",
        "code": "quota_exceeded",
    }
    assert state() == before


def test_file_too_large_for_the_site__is_told_so_first(settings: Any, client: Client) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 2, "MAX_FILE_SIZE": 5}

    assert post_file(client, b"123456").json()["code"] == "file_too_large"
    assert post_file(client, b"12345").json()["code"] == "quota_exceeded"


@pytest.fixture
def _empty_cache() -> Iterator[None]:
    """Nothing is remembered of another test's organization with the same key."""
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("_empty_cache")
def test_usage__shows_the_quota_and_what_is_used_of_it(
    settings: Any, client: Client, user: Any, organization: AbstractOrganization
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 1000}
    path = f"files/{post_file(client, b'123456').json()['id']}/"
    caller(user).delete(path)

    body = caller(user).get(f"organizations/{organization.pk}/usage/").body

    assert (body["quota_bytes"], body["bytes_stored"], body["file_count"]) == (1000, 6, 0)
