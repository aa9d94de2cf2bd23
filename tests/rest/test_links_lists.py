"""GET files/{id}/links/ and GET links/: which links, in which order, in which state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files.models import AbstractFile, AbstractOrganization, ShareLink
from org_files.testing.factories import join, make_link, make_organization, make_stored_file
from tests.rest.requests import signed_in

STATES = ("active", "expired", "exhausted", "revoked")


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's."""
    return make_stored_file(organization, user)


@pytest.fixture
def links(file: AbstractFile) -> dict[str, ShareLink]:
    """Links in every state, by label, the oldest first."""
    now = timezone.now()
    moments: dict[str, dict[str, Any]] = {
        "active": {"expires_at": now + timedelta(hours=2), "used": 1},
        "permanent": {"used": 7},
        "limited": {"max_downloads": 3, "used": 2, "expires_at": now + timedelta(hours=1)},
        "expired": {"expires_at": now - timedelta(milliseconds=1)},
        "expired, used up": {"expires_at": now, "max_downloads": 1, "used": 1},
        "exhausted": {"max_downloads": 3, "used": 3},
        "over its limit": {"max_downloads": 3, "used": 4},
        "revoked": {"revoked_at": now},
        "revoked, expired, used up": {
            "revoked_at": now,
            "expires_at": now,
            "max_downloads": 1,
            "used": 1,
        },
    }
    return {
        label: make_link(
            file, label=label, created_at=now - timedelta(days=1) + timedelta(seconds=n), **values
        )
        for n, (label, values) in enumerate(moments.items())
    }


IN_STATE = {
    "active": {"active", "permanent", "limited"},
    "expired": {"expired", "expired, used up"},
    "exhausted": {"exhausted", "over its limit"},
    "revoked": {"revoked", "revoked, expired, used up"},
}


def labels(client: Client, path: str, **parameters: Any) -> list[str]:
    response = client.get(path, parameters)
    assert response.status_code == 200, response.content
    return [row["label"] for row in response.json()["results"]]


@pytest.mark.parametrize("state", STATES)
def test_state__is_filtered_by_and_shown(
    client: Client, links: dict[str, ShareLink], file: AbstractFile, state: str
) -> None:
    for path in ("/api/links/", f"/api/files/{file.public_id}/links/"):
        assert set(labels(client, path, state=state)) == IN_STATE[state]
        rows = client.get(path, {"state": state}).json()["results"]
        assert {row["state"] for row in rows} == {state}


def test_time_left__is_none_without_an_end_and_zero_once_over(
    client: Client, links: dict[str, ShareLink]
) -> None:
    rows = client.get("/api/links/").json()["results"]

    left = {row["label"]: row["time_left"] for row in rows}
    assert left.pop("permanent") is None
    assert 7190 <= left.pop("active") <= 7200
    assert 3590 <= left.pop("limited") <= 3600
    assert set(left.values()) == {0}


@pytest.mark.parametrize("state", ["dead", "ACTIVE", "active,revoked"])
def test_unknown_state__is_400(client: Client, state: str) -> None:
    assert client.get("/api/links/", {"state": state}).status_code == 400


def test_list__is_newest_first(client: Client, links: dict[str, ShareLink]) -> None:
    assert labels(client, "/api/links/") == list(links)[::-1]
    assert labels(client, "/api/links/", ordering="created_at") == list(links)


def test_ordering_by_downloads_and_expiry__has_nulls_last(
    client: Client, links: dict[str, ShareLink]
) -> None:
    counts = {label: link.used for label, link in links.items()}
    by_count = labels(client, "/api/links/", ordering="-download_count")
    assert [counts[label] for label in by_count] == sorted(counts.values(), reverse=True)

    for ordering in ("expires_at", "-expires_at"):
        found = labels(client, "/api/links/", ordering=ordering)
        ends = [links[label].expires_at for label in found]
        known = [end for end in ends if end is not None]
        assert ends == [*known, *[None] * (len(ends) - len(known))]
        assert known == sorted(known, reverse=ordering.startswith("-"))


def test_list__has_what_one_made_and_that_of_a_file_what_others_made_too(
    client: Client, admin: Any, file: AbstractFile
) -> None:
    make_link(file, label="mine")
    make_link(file, admin, label="the admin's")
    of_file = f"/api/files/{file.public_id}/links/"

    assert labels(client, "/api/links/") == ["mine"]
    assert labels(signed_in(admin), "/api/links/") == ["the admin's"]
    assert labels(client, of_file) == ["the admin's", "mine"]
    assert labels(signed_in(admin), of_file) == ["the admin's", "mine"]


def test_links_of_an_organization__are_those_that_one_may_revoke(
    client: Client, user: Any, admin: Any, stranger: Any, organization: AbstractOrganization
) -> None:
    other = make_organization("Initech")
    join(other, user)
    make_link(make_stored_file(organization, user), label="mine")
    make_link(make_stored_file(organization, admin), admin, label="the admin's")
    make_link(make_stored_file(other, user), label="mine elsewhere")
    of_it = {"organization": organization.pk}

    assert labels(client, "/api/links/", **of_it) == ["mine"]
    assert labels(client, "/api/links/") == ["mine elsewhere", "mine"]
    assert labels(signed_in(admin), "/api/links/", **of_it) == ["the admin's", "mine"]
    assert labels(signed_in(admin), "/api/links/", organization=other.pk) == []
    assert labels(signed_in(stranger), "/api/links/", **of_it) == []
    assert client.get("/api/links/", {"organization": "abc"}).status_code == 400


def test_link_to_a_file_in_the_trash__is_listed_again_once_restored(
    client: Client, file: AbstractFile
) -> None:
    make_link(file, label="mine")

    client.delete(f"/api/files/{file.public_id}/")
    assert labels(client, "/api/links/") == []
    client.post(f"/api/files/{file.public_id}/restore/")
    assert labels(client, "/api/links/") == ["mine"]


def test_list__takes_as_many_statements_however_many_links(
    client: Client, links: dict[str, ShareLink], file: AbstractFile, django_assert_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as first:
        client.get("/api/links/")
    for _ in range(20):
        make_link(file)

    with django_assert_num_queries(len(first)):
        client.get("/api/links/")
