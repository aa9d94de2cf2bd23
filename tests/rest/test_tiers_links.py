"""Share links within the bounds of a tier, and none where it has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.models import AbstractFile, AbstractOrganization, Download, ShareLink
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import make_picture, photo

ENTERPRISE = {"allow_links": True, "heights": [200, 400]}


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's, no picture."""
    return make_stored_file(organization, user)


@pytest.fixture
def picture(organization: AbstractOrganization, user: Any) -> AbstractFile:
    return make_picture(organization, user)


def create(client: Client, file: AbstractFile, **values: Any) -> Any:
    body = {"expires_in": 300} | values
    path = f"/api/files/{file.public_id}/links/"
    return client.post(path, body, content_type="application/json")


def outcome(response: Any) -> tuple[int, Any]:
    """Return the status, with the code or the fields at fault."""
    body = response.json()
    if response.status_code == 201:
        return 201, body["expires_at"] is not None
    return response.status_code, body.get("code") or list(body)


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (299, 400),
        (300, 201),
        (30_000, 201),
        (30_001, 400),
        (10**30, 400),
        (None, 400),
        ("300", 201),
        (300.5, 400),
    ],
)
def test_link__lasts_within_the_bounds_of_the_tier(
    client: Client,
    organization: AbstractOrganization,
    file: AbstractFile,
    seconds: Any,
    status: int,
) -> None:
    subscribe(organization, **ENTERPRISE)

    expected = (201, True) if status == 201 else (400, ["expires_in"])
    assert outcome(create(client, file, expires_in=seconds)) == expected
    assert ShareLink.objects.count() == (status == 201)


@pytest.mark.parametrize(
    ("fields", "taken", "refused"),
    [
        ({"link_min_seconds": 10, "link_max_seconds": 20}, [10, 20], [9, 21, 300, None]),
        ({"link_min_seconds": 60, "link_max_seconds": 60}, [60], [59, 61]),
        ({"allow_permanent_links": True}, [None, 300], [299, 30_001]),
    ],
)
def test_bounds__are_those_that_an_operator_set(
    client: Client,
    organization: AbstractOrganization,
    file: AbstractFile,
    fields: dict[str, Any],
    taken: list[int | None],
    refused: list[int | None],
) -> None:
    subscribe(organization, **ENTERPRISE | fields)

    for seconds in taken:
        assert outcome(create(client, file, expires_in=seconds)) == (201, seconds is not None)
    for seconds in refused:
        assert outcome(create(client, file, expires_in=seconds)) == (400, ["expires_in"])


@pytest.mark.parametrize(("seconds", "status"), [(1, 201), (10**8, 201), (None, 201), (0, 400)])
def test_organization_without_a_tier__has_no_bounds(
    client: Client, file: AbstractFile, seconds: int | None, status: int
) -> None:
    assert create(client, file, expires_in=seconds).status_code == status


@pytest.mark.parametrize("values", [{}, {"expires_in": 1}, {"rendition": 200}, {"rendition": 999}])
def test_tier_without_links__has_none(
    client: Client, organization: AbstractOrganization, picture: AbstractFile, values: Any
) -> None:
    subscribe(organization, allow_links=False)

    assert outcome(create(client, picture, **values)) == (403, "links_not_in_tier")
    assert not ShareLink.objects.exists()


def test_link_that_is_changed__stays_within_the_bounds(
    client: Client, organization: AbstractOrganization, file: AbstractFile
) -> None:
    tier = subscribe(organization, **ENTERPRISE)
    link = create(client, file).json()
    path = f"/api/links/{link['id']}/"

    def change(**values: Any) -> Any:
        return client.patch(path, values, content_type="application/json")

    for seconds, status in ((299, 400), (30_001, 400), (None, 400), (30_000, 200)):
        assert change(expires_in=seconds).status_code == status
    before = change(label="Press").json()["expires_at"]
    tier.allow_links = False
    tier.save()
    assert outcome(change(expires_in=300)) == (403, "links_not_in_tier")
    # What does not touch the end may still be changed, and the link be revoked.
    assert change(label="Past").json()["expires_at"] == before
    assert client.delete(path).status_code == 204


def test_original_that_the_tier_does_not_have__is_not_shared(
    client: Client, organization: AbstractOrganization, picture: AbstractFile, file: AbstractFile
) -> None:
    subscribe(organization, **ENTERPRISE | {"allow_original": False})

    assert outcome(create(client, picture)) == (403, "original_not_in_tier")
    assert outcome(create(client, picture, rendition=200)) == (201, True)
    assert outcome(create(client, file)) == (201, True)


def test_link__is_closed_and_open_as_the_tier_changes(
    client: Client, organization: AbstractOrganization, picture: AbstractFile
) -> None:
    tier = subscribe(organization, **ENTERPRISE)
    url = create(client, picture).json()["url"]

    def opened() -> tuple[int, bytes]:
        response = Client().get(url)
        return response.status_code, response.getvalue()

    missing = Client().get("/api/shared/" + "x" * 43 + "/")
    assert opened() == (200, photo())
    for fields in ({"allow_links": False}, {"allow_original": False}):
        for name, value in fields.items():
            setattr(tier, name, value)
        tier.save()
        assert opened() == (404, missing.content)
        for name in fields:
            setattr(tier, name, True)
        tier.save()
    assert opened() == (200, photo())
    assert Download.objects.count() == 2


def test_longer_link__outlives_a_tier_that_allows_less(
    client: Client, organization: AbstractOrganization, file: AbstractFile
) -> None:
    # The bounds say how links are made, not which there are.
    tier = subscribe(organization, **ENTERPRISE)
    url = create(client, file, expires_in=30_000).json()["url"]
    tier.link_max_seconds = 300
    tier.save()

    response = Client().get(url)
    assert (response.status_code, response.getvalue()) == (200, b"A report.")
