"""Share links and tickets to one height of a picture: that height, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.models import AbstractFile, AbstractOrganization, ShareLink
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import heights_there, make_picture
from tests.rest.renditions import counted_nothing, fetch, image_of, path_of
from tests.rest.test_tiers_links import create, outcome


@pytest.fixture
def picture(organization: AbstractOrganization, user: Any) -> AbstractFile:
    return make_picture(organization, user, name="Trip.png")


@pytest.fixture
def text(organization: AbstractOrganization, user: Any) -> AbstractFile:
    return make_stored_file(organization, user)


def open_link(url: str, **headers: str) -> Any:
    response: Any = Client().get(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    response.body = response.getvalue()
    return response


def used(link: Any) -> int:
    return ShareLink.objects.get(public_id=link["id"]).used


# Links


def test_link_to_a_height__gives_exactly_that_one(client: Client, picture: AbstractFile) -> None:
    link = create(client, picture, rendition=400).json()
    assert link["rendition"] == 400

    response = open_link(link["url"])

    assert image_of(response).height == 400
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Trip.jpg"'
    assert response.body == fetch(client, picture, 400).body


def test_height_that_the_tier_has__may_be_shared_where_the_original_may_not(
    client: Client, organization: AbstractOrganization, picture: AbstractFile
) -> None:
    subscribe(organization, heights=[90], allow_original=False, allow_links=True)

    url = create(client, picture, rendition=90).json()["url"]

    assert image_of(open_link(url)).height == 90


def test_height_that_there_is_not__is_not_shared(
    client: Client, picture: AbstractFile, text: AbstractFile
) -> None:
    for height, expected in (
        (300, (403, "height_not_in_tier")),
        (2**31, (400, ["rendition"])),
        (0, (400, ["rendition"])),
        ("x", (400, ["rendition"])),
        (200.5, (400, ["rendition"])),
    ):
        assert outcome(create(client, picture, rendition=height)) == expected
    assert outcome(create(client, text, rendition=200)) == (400, ["rendition"])
    assert not ShareLink.objects.exists()


def test_use_of_a_height__counts_for_the_link_and_is_no_download(
    client: Client, picture: AbstractFile
) -> None:
    link = create(client, picture, rendition=200).json()

    for _ in range(2):
        response = open_link(link["url"])
        assert response.status_code == 200
    tag = response.headers["ETag"]
    assert open_link(link["url"], If_None_Match=tag).status_code == 304
    assert Client().head(link["url"]).status_code == 200

    assert used(link) == 2
    shown = client.get(f"/api/links/{link['id']}/").json()
    assert shown["download_count"] == 2
    assert counted_nothing()
    assert client.get(f"/api/files/{picture.public_id}/").json()["download_count"] == 0


# An answer that is taken back closes the connection, as Django does at the end of each.
@pytest.mark.django_db(transaction=True)
def test_parts_of_a_height__are_one_use(client: Client, picture: AbstractFile) -> None:
    link = create(client, picture, rendition=200, max_downloads=1).json()
    whole = fetch(client, picture, 200).body

    first = open_link(link["url"], Range="bytes=0-99")
    rest = open_link(link["url"], Range="bytes=100-")

    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.body + rest.body == whole
    assert used(link) == 1
    assert open_link(link["url"]).status_code == 404
    assert client.get(f"/api/links/{link['id']}/").json()["state"] == "exhausted"
    # By somebody else it would be a use of its own.
    other = open_link(link["url"], Range="bytes=0-9", User_Agent="another")
    assert other.status_code == 404
    assert counted_nothing()


def test_link_to_a_height_that_the_tier_lost__is_404_until_it_has_it_again(
    client: Client, organization: AbstractOrganization, picture: AbstractFile
) -> None:
    tier = subscribe(organization, heights=[200, 400], allow_links=True)
    link = create(client, picture, rendition=400).json()
    assert open_link(link["url"]).status_code == 200
    missing = open_link("/api/shared/" + "x" * 43 + "/")

    tier.heights = [200]
    tier.save()
    refused = open_link(link["url"])
    assert (refused.status_code, refused.body) == (404, missing.body)
    assert used(link) == 1
    tier.heights = [400]
    tier.save()

    assert open_link(link["url"]).status_code == 200


def test_link_to_what_cannot_be_decoded__is_422_and_no_use(
    client: Client, organization: AbstractOrganization, user: Any
) -> None:
    file = make_picture(organization, user, content=b"\xff\xd8\xff half a picture")
    link = create(client, file, rendition=200).json()

    refused = open_link(link["url"])

    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_picture")
    assert used(link) == 0


# Tickets


def ticket(client: Client, file: AbstractFile, **values: Any) -> Any:
    path = f"/api/files/{file.public_id}/ticket/"
    return client.post(path, values, content_type="application/json")


def test_ticket_to_a_height__opens_that_one_without_a_login(
    client: Client, picture: AbstractFile
) -> None:
    url = ticket(client, picture, height=200).json()["url"]
    assert url.startswith(f"http://testserver{path_of(picture, 200)}?")

    assert image_of(open_link(url)).height == 200
    shown = open_link(f"{url}&disposition=inline")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert counted_nothing()


def test_ticket__opens_nothing_else(
    client: Client, organization: AbstractOrganization, picture: AbstractFile
) -> None:
    query = ticket(client, picture, height=200).json()["url"].partition("?")[2]
    for other in ("renditions/400/", "renditions/0200/", "content/", ""):
        assert open_link(f"/api/files/{picture.public_id}/{other}?{query}").status_code == 401
    assert open_link(f"{path_of(make_picture(organization), 200)}?{query}").status_code == 401
    query = ticket(client, picture).json()["url"].partition("?")[2]
    assert open_link(f"{path_of(picture, 200)}?{query}").status_code == 401


def test_height_that_there_is_not__gets_no_ticket(client: Client, picture: AbstractFile) -> None:
    refused = ticket(client, picture, height=300)

    assert (refused.status_code, refused.json()["code"]) == (403, "height_not_in_tier")


def test_original_that_the_tier_does_not_have__gets_no_ticket(
    client: Client, organization: AbstractOrganization, picture: AbstractFile, text: AbstractFile
) -> None:
    before = ticket(client, picture).json()["url"]
    subscribe(organization, heights=[200], allow_original=False)

    refused = ticket(client, picture)

    assert (refused.status_code, refused.json()["code"]) == (403, "original_not_in_tier")
    assert ticket(client, text).status_code == 200
    assert ticket(client, picture, height=200).status_code == 200
    # One that was given before opens it no more.
    assert open_link(before).json()["code"] == "original_not_in_tier"


def test_ticket__asks_for_the_tier_again(
    client: Client, organization: AbstractOrganization, picture: AbstractFile
) -> None:
    tier = subscribe(organization, heights=[200, 400])
    url = ticket(client, picture, height=400).json()["url"]
    tier.heights = [200]
    tier.save()

    refused = open_link(url)

    assert (refused.status_code, refused.json()["code"]) == (403, "height_not_in_tier")
    assert heights_there(picture) == []
