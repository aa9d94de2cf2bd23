"""GET files/{id}/links/ and GET links/: which links, in which order, in which state."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files.models import Membership
from org_files.testing.factories import join, make_link, make_organization, make_stored_file
from tests.rest.requests import signed_in


@pytest.fixture
def file(organization, user):
    """A file of the member's."""
    return make_stored_file(organization, user)


@pytest.fixture
def links(file):
    """Links in every state, by label, the oldest first."""
    now = timezone.now()
    over = {"expires_at": now, "max_downloads": 1, "used": 1}
    moments = {
        "active": {"expires_at": now + timedelta(hours=2), "used": 1},
        "permanent": {"used": 7},
        "limited": {"max_downloads": 3, "used": 2, "expires_at": now + timedelta(hours=1)},
        "expired": {"expires_at": now - timedelta(milliseconds=1)},
        "expired, used up": over,
        "exhausted": {"max_downloads": 3, "used": 3},
        "over its limit": {"max_downloads": 3, "used": 4},
        "revoked": {"revoked_at": now},
        "revoked, expired, used up": {"revoked_at": now} | over,
    }
    made = [now - timedelta(days=1) + timedelta(seconds=n) for n in range(len(moments))]
    return {
        label: make_link(file, label=label, created_at=moment, **moments[label])
        for label, moment in zip(moments, made, strict=True)
    }


def rows(client, path="links/", **parameters):
    response = client.get(f"/api/{path}", parameters)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def labels(client, path="links/", **parameters):
    return [row["label"] for row in rows(client, path, **parameters)]


def test_state_and_time_left__are_filtered_by_and_shown(client, links, file):
    for state, expected in (
        ("active", {"active", "permanent", "limited"}),
        ("expired", {"expired", "expired, used up"}),
        ("exhausted", {"exhausted", "over its limit"}),
        ("revoked", {"revoked", "revoked, expired, used up"}),
    ):
        found = rows(client, state=state)
        assert {row["label"] for row in found} == expected
        assert {row["state"] for row in found} == {state}
    assert labels(client, f"files/{file.public_id}/links/", state="expired") == [
        *("expired, used up", "expired")
    ]
    assert client.get("/api/links/", {"state": "dead"}).status_code == 400
    # Without an end there is no time left to show; once over, none is left.
    left = {row["label"]: row["time_left"] for row in rows(client)}

    assert left.pop("permanent") is None
    assert 7190 <= left.pop("active") <= 7200
    assert 3590 <= left.pop("limited") <= 3600
    assert set(left.values()) == {0}


def test_order__is_newest_first_or_as_asked_with_nulls_last(client, links):
    assert labels(client) == list(links)[::-1]
    assert labels(client, ordering="created_at") == list(links)
    counts = [row["download_count"] for row in rows(client, ordering="-download_count")]
    assert counts == sorted((link.used for link in links.values()), reverse=True)

    for ordering in ("expires_at", "-expires_at"):
        ends = [links[label].expires_at for label in labels(client, ordering=ordering)]
        known = [end for end in ends if end is not None]
        assert ends == [*known, *[None] * (len(ends) - len(known))]
        assert known == sorted(known, reverse=ordering.startswith("-"))


def test_lists__have_the_links_that_one_made_and_those_that_one_may_revoke(
    client, user, admin, stranger, organization, file
):
    other = make_organization("Initech")
    join(other, user)
    make_link(file, label="mine")
    make_link(file, admin, label="the admin's")
    make_link(make_stored_file(other, user), label="mine elsewhere")
    its, of_file = {"organization": organization.pk}, f"files/{file.public_id}/links/"
    both, chief = ["the admin's", "mine"], signed_in(admin)

    assert labels(client) == ["mine elsewhere", "mine"]
    assert labels(chief) == ["the admin's"]
    assert labels(client, of_file) == labels(chief, of_file) == both
    assert labels(client, **its) == labels(chief, **its) == both
    assert labels(chief, organization=other.pk) == labels(signed_in(stranger), **its) == []
    assert client.get("/api/links/", {"organization": "abc"}).status_code == 400
    # Those of a file in the trash are in no list.
    client.delete(f"/api/files/{file.public_id}/")
    assert labels(client) == ["mine elsewhere"]
    client.post(f"/api/files/{file.public_id}/restore/")
    assert labels(client) == ["mine elsewhere", "mine"]
    # Those of a former member are left to admins.
    Membership.objects.filter(user=user).delete()
    assert labels(client) == []
    assert labels(chief, **its) == both
