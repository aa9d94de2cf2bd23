"""What the OpenAPI schema says of pictures and tiers is what the API does."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from org_files.exceptions import RenditionsBusy, StorageFull
from org_files.links import token_of
from org_files.pictures import services
from org_files.testing.factories import make_link, make_tier, subscribe
from tests.pictures.stored import make_picture
from tests.pictures.stored import photo as photograph


@pytest.fixture
def photo(organization, user):
    return make_picture(organization, user)


# One height


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=0-3"}, 206),
        ({"If-None-Match": "*"}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"Range": "bytes=9999999-"}, 416),
    ],
)
def test_rendition__answers_as_the_schema_says(headers, status, answer, photo):
    response = answer("files_rendition", key=(photo.public_id, 200), headers=headers)
    assert response.status_code == status


def test_rendition__by_head__has_the_headers_of_get(contract, client, answer, photo):
    whole = answer("files_rendition", key=(photo.public_id, 400))
    head = client.head(contract.url("files_rendition", photo.public_id, 400))
    documented = contract.responses("files_rendition")["200"]["headers"]
    assert {name: head[name] for name in documented} == {name: whole[name] for name in documented}


def test_rendition__of_a_disposition_that_is_none__answers_as_the_schema_says(answer, photo):
    key, query = (photo.public_id, 200), "?disposition=upside-down"
    assert answer("files_rendition", key=key, query=query).status_code == 400


@pytest.mark.parametrize("height", ["0", "-200", "200.0", "²⁰⁰", "high", "99999999999"])
def test_rendition__of_a_height_that_is_none__answers_as_the_schema_says(height, answer, photo):
    response = answer("files_rendition", key=(photo.public_id, height))
    assert response.status_code == 404


def test_rendition__of_what_is_no_picture__answers_as_the_schema_says(answer, file):
    assert answer("files_rendition", key=(file.public_id, 200)).status_code == 404


@pytest.mark.parametrize(("error", "status"), [(RenditionsBusy, 503), (StorageFull, 507)])
def test_rendition__that_cannot_be_made_now__answers_as_the_schema_says(
    error, status, answer, photo, monkeypatch
):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(services, "scale", fail)
    link = make_link(photo, rendition=200)
    assert answer("files_rendition", key=(photo.public_id, 200)).status_code == status
    assert answer("shared_content", key=token_of(link), by=Client()).status_code == status


def test_renditions_of_a_file__are_those_that_can_be_fetched(contract, answer, photo):
    rows = answer("files_retrieve", key=photo.public_id).json()["renditions"]
    assert [row["height"] for row in rows] == [200, 400]
    for row in rows:
        path = contract.url("files_rendition", photo.public_id, row["height"])
        assert urlsplit(row["url"]).path == path


# Tiers


def test_tier__has_the_properties_of_the_schema(contract, answer, organization):
    make_tier(max_file_size=1, quota_bytes=2, quota_files=3)
    schema = contract.schema["components"]["schemas"]["Tier"]
    rows = answer("tiers_list").json()["results"]
    assert rows[0]["quota_bytes"] is None
    assert rows[-1]["quota_bytes"] == 2
    for row in rows:
        assert row.keys() == schema["properties"].keys() == {*schema["required"]}


def test_organization__shows_the_id_of_its_tier(answer, organization):
    key = organization.pk
    assert answer("organizations_retrieve", key=key).json()["tier"] is None
    tier = subscribe(organization)
    assert answer("organizations_retrieve", key=key).json()["tier"] == tier.pk
    assert answer("organizations_list").json()["results"][0]["tier"] == tier.pk


# Links and tickets


def test_link_to_a_height__answers_as_the_schema_says(contract, answer, photo):
    made = answer(
        "files_links_create", key=photo.public_id, json={"expires_in": 600, "rendition": 200}
    )
    assert (made.status_code, made.json()["rendition"]) == (201, 200)
    token = urlsplit(made.json()["url"]).path.split("/")[-2]
    assert answer("shared_content", key=token, by=Client()).status_code == 200


def test_link_to_half_of_a_picture__answers_as_the_schema_says(answer, organization, user):
    photo = make_picture(organization, user, content=photograph()[:900])
    key = token_of(make_link(photo, rendition=200))
    assert answer("shared_content", key=key, by=Client()).status_code == 422


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"allow_links": False}, "links_not_in_tier"),
        ({"heights": [100]}, "height_not_in_tier"),
        ({"allow_original": False}, "original_not_in_tier"),
    ],
)
def test_link_that_the_tier_does_not_have__answers_as_the_schema_says(
    values, code, answer, organization, photo
):
    subscribe(organization, **{"allow_links": True} | values)
    json = {"expires_in": 600, "rendition": 200 if "heights" in values else None}
    response = answer("files_links_create", key=photo.public_id, json=json)
    assert (response.status_code, response.json()["code"]) == (403, code)


def test_link_out_of_the_bounds_of_the_tier__answers_as_the_schema_says(
    answer, organization, photo
):
    subscribe(organization, allow_links=True, link_min_seconds=300, link_max_seconds=30_000)
    for seconds in (299, 30_001, None):
        json = {"expires_in": seconds}
        response = answer("files_links_create", key=photo.public_id, json=json)
        assert response.status_code == 400
        assert response.json().keys() == {"expires_in"}


def test_changed_link__of_a_tier_that_has_none_any_more__answers_as_the_schema_says(
    answer, organization, photo
):
    link = make_link(photo)
    subscribe(organization, allow_links=False)
    response = answer("links_update", key=link.public_id, json={"expires_in": 600})
    assert (response.status_code, response.json()["code"]) == (403, "links_not_in_tier")


@pytest.mark.parametrize(
    ("values", "height", "code"),
    [
        ({"heights": [100]}, 200, "height_not_in_tier"),
        ({"allow_original": False}, None, "original_not_in_tier"),
    ],
)
def test_ticket_that_the_tier_does_not_have__answers_as_the_schema_says(
    values, height, code, answer, organization, photo
):
    subscribe(organization, **values)
    response = answer("files_ticket", key=photo.public_id, json={"height": height})
    assert (response.status_code, response.json()["code"]) == (403, code)


def test_ticket_of_a_height__opens_it_as_the_schema_says(contract, answer, photo):
    url = urlsplit(answer("files_ticket", key=photo.public_id, json={"height": 200}).json()["url"])
    assert url.path == contract.url("files_rendition", photo.public_id, 200)
    assert "ticket" in contract.parameters("files_rendition")
    key, query = photo.public_id, f"?{url.query}"
    for height, status in ((200, 200), (400, 401)):
        response = answer("files_rendition", key=(key, height), by=Client(), query=query)
        assert response.status_code == status
