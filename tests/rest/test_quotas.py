"""How large a file may be and how much an organization may store, as uploads are told of it."""

import pytest

from org_files.testing.factories import subscribe
from tests.rest.requests import post_file


@pytest.mark.parametrize(
    ("of_site", "of_tier", "sizes"),
    [({"QUOTA_BYTES": 12}, None, [6, 6, 1]), ({}, {"quota_files": 2}, [0, 9, 0])],
)
def test_upload_beyond_the_quota__is_413_and_changes_nothing(
    settings, client, organization, state, of_site, of_tier, sizes
):
    settings.ORG_FILES = of_site
    if of_tier:
        subscribe(organization, **of_tier)
    for size in sizes[:2]:
        assert post_file(client, b"x" * size).status_code == 201
    before = state()

    response = post_file(client, b"x" * sizes[2])

    assert response.status_code == 413
    assert response.json() == {
        "detail": "The organization has no room left for this file.",
        "code": "quota_exceeded",
    }
    assert state() == before


@pytest.mark.parametrize(("of_site", "of_tier", "most"), [(None, 5, 5), (5, 9, 5)])
def test_file__is_taken_up_to_the_smaller_of_two_limits(
    client, organization, settings, state, of_site, of_tier, most
):
    settings.ORG_FILES = {"MAX_FILE_SIZE": of_site}
    subscribe(organization, max_file_size=of_tier, quota_bytes=most)
    assert post_file(client, b"x" * most).status_code == 201
    before = state()

    # Though the quota is used up, too.
    response = post_file(client, b"x" * (most + 1))

    assert (response.status_code, response.json()["code"]) == (413, "file_too_large")
    assert state() == before
