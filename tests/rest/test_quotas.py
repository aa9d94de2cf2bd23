"""What an organization may store, as uploads are told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from org_files import get_file_model
from org_files.files.verification import verify_store, verify_usage
from org_files.models import AbstractOrganization, Usage
from org_files.testing.factories import join, make_stored_file, make_user
from org_files.testing.threads import at_once
from tests.organizations.calls import caller
from tests.rest.requests import post_file, signed_in


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


def test_room__is_there_again_once_a_file_is_removed_for_good(
    settings: Any, client: Client, user: Any
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 6}
    me = caller(user)
    path = f"files/{post_file(client, b'123456').json()['id']}/"

    me.delete(path)
    assert post_file(client, b"1").status_code == 413
    me.delete(f"{path}?permanent=true")

    assert post_file(client, b"123456").status_code == 201


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("clients", "fit"), [(32, 7)])
def test_last_bytes_asked_for_at_once__are_as_many_201_as_fit(
    settings: Any, organization: AbstractOrganization, clients: int, fit: int
) -> None:
    make_stored_file(organization, content=b"x" * 1000)
    settings.ORG_FILES = {"QUOTA_BYTES": 1000 + 100 * fit + 99}
    users = [make_user() for _ in range(clients)]
    for user in users:
        join(organization, user)
    browsers = [signed_in(user) for user in users]

    answers = at_once(
        lambda browser=browser: post_file(browser, b"y" * 100).status_code for browser in browsers
    )

    assert Counter(answers) == {201: fit, 413: clients - fit}
    assert get_file_model()._base_manager.count() == 1 + fit
    assert Usage.objects.get().bytes_stored == 1000 + 100 * fit
    for verify in (verify_store, verify_usage):
        assert verify().findings == []
    assert verify_store().checked == {
        "files": 1 + fit,
        "renditions": 0,
        "avatars": 0,
        "blobs": 1 + fit,
    }
