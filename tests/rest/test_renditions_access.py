"""Renditions are for those who may have the file, as long as it lives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files.models import AbstractFile, AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_user, subscribe
from tests.pictures.stored import heights_there, make_picture
from tests.rest.renditions import fetch, image_of, path_of
from tests.rest.requests import MISSING_ID, browser_of, signed_in


@pytest.fixture
def photo(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A photograph of the member's."""
    return make_picture(organization, user)


def is_like_missing(client: Client, photo: AbstractFile, height: Any = 200) -> bool:
    """Return whether the answer is, byte for byte, that of a file that never was."""
    refused, missing = (
        client.get(f"/api/files/{id}/renditions/{height}/") for id in (photo.public_id, MISSING_ID)
    )
    assert missing.status_code == 404
    return (refused.status_code, refused.content, dict(refused.headers)) == (
        missing.status_code,
        missing.content,
        dict(missing.headers),
    )


def test_anonymous__is_401_for_any_file_and_height(db: None, photo: AbstractFile) -> None:
    for path in (path_of(photo), path_of(photo, "nonsense"), path_of(photo, 999)):
        response = Client().get(path)
        assert response.status_code == 401
        assert "WWW-Authenticate" in response.headers


@pytest.mark.parametrize("height", [200, 400, 999, "nonsense"])
def test_stranger__is_answered_as_if_there_were_nothing(
    stranger: Any, photo: AbstractFile, height: Any
) -> None:
    assert is_like_missing(signed_in(stranger), photo, height)
    assert heights_there(photo) == []


@pytest.mark.parametrize(
    ("policy", "by_stranger", "by_colleague"),
    [("OpenPolicy", 200, 200), ("OrganizationPolicy", 404, 200), ("OwnerPolicy", 404, 404)],
)
def test_policy__decides_as_for_the_original(
    settings: Any,
    stranger: Any,
    admin: Any,
    client: Client,
    photo: AbstractFile,
    policy: str,
    by_stranger: int,
    by_colleague: int,
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    assert fetch(signed_in(stranger), photo).status_code == by_stranger
    assert fetch(signed_in(admin), photo).status_code == by_colleague
    assert fetch(client, photo).status_code == 200


def test_former_member__sees_nothing(photo: AbstractFile, organization: Any) -> None:
    former = make_user()
    membership = join(organization, former)
    assert fetch(signed_in(former), photo).status_code == 200

    membership.delete()

    assert is_like_missing(signed_in(former), photo)


@pytest.mark.parametrize("role", list(Role))
def test_every_role__is_given_renditions(
    photo: AbstractFile, organization: Any, role: Role
) -> None:
    user = make_user()
    join(organization, user, role)

    assert image_of(fetch(browser_of(user), photo)).height == 200


def test_public_picture__is_given_to_a_stranger_by_its_organizations_tier(
    stranger: Any, organization: AbstractOrganization
) -> None:
    file = make_picture(organization, is_public=True)
    subscribe(organization, heights=[100])
    subscribe(Membership.objects.get(user=stranger).organization, heights=[200])
    client = signed_in(stranger)

    assert image_of(fetch(client, file, 100)).height == 100
    assert fetch(client, file, 200).status_code == 403


def test_operator__is_bound_by_the_tier_too(
    superuser: Any, organization: AbstractOrganization, photo: AbstractFile
) -> None:
    subscribe(organization, heights=[200], allow_original=False)
    client = signed_in(superuser)

    assert fetch(client, photo, 200).status_code == 200
    assert fetch(client, photo, 400).status_code == 403
    original = client.get(f"/api/files/{photo.public_id}/content/")
    assert original.json()["code"] == "original_not_in_tier"


@pytest.mark.parametrize("height", [200, 999])
def test_expired_picture__is_gone(client: Client, photo: AbstractFile, height: int) -> None:
    assert fetch(client, photo).status_code == 200

    photo.expires_at = timezone.now() - timedelta(milliseconds=1)
    photo.save()

    assert is_like_missing(client, photo, height)


def test_picture_in_the_trash__is_gone_until_it_is_restored(
    client: Client, photo: AbstractFile
) -> None:
    before = fetch(client, photo).body

    assert client.delete(f"/api/files/{photo.public_id}/").status_code == 204
    assert is_like_missing(client, photo)
    assert heights_there(photo) == [200, 400]
    assert client.post(f"/api/files/{photo.public_id}/restore/").status_code == 200

    assert fetch(client, photo).body == before


def test_picture_removed_for_good__is_gone(client: Client, photo: AbstractFile) -> None:
    fetch(client, photo)

    client.delete(f"/api/files/{photo.public_id}/?permanent=true")

    assert is_like_missing(client, photo)
    assert heights_there(photo) == []


@pytest.mark.parametrize("id", ["nonsense", "\uff10", "%00", "1", MISSING_ID.upper(), "x" * 5000])
def test_id_that_is_none__is_404(client: Client, photo: AbstractFile, id: str) -> None:
    assert client.get(f"/api/files/{id}/renditions/200/").status_code == 404
