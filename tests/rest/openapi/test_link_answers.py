"""What the OpenAPI schema says of share links and tickets is what the API does."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.models import ShareLink
from org_files.testing.factories import join, make_file, make_link, make_user
from tests.rest.requests import MISSING_ID, signed_in

PASSWORD = "heron-lamp-42"
CHANGES = {"label": "For the auditors.", "expires_in": 600, "max_downloads": 5}


def shown_by(contract):
    return contract.schema["components"]["schemas"]["ShareLink"]["properties"].keys()


def test_link__has_the_properties_of_the_schema(contract, answer, file, user, locked):
    for row in (
        answer("links_retrieve", key=locked.public_id).json(),
        answer("links_list").json()["results"][0],
        answer("files_links", key=file.public_id).json()["results"][0],
        answer("links_list", query=f"?organization={file.organization_id}").json()["results"][0],
    ):
        assert row.keys() == shown_by(contract)
        assert row["has_password"] is True


@pytest.mark.parametrize(
    ("fields", "state", "time_left"),
    [
        ({}, "active", None),
        ({"expires_in": 60}, "active", 60),
        ({"max_downloads": 1, "used": 1}, "exhausted", 0),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expired", 0),
        ({"revoked_at": "2020-01-01T00:00:00Z"}, "revoked", 0),
    ],
)
def test_link_in_each_state__is_as_the_schema_says(answer, file, fields, state, time_left):
    link = make_link(file, **fields)
    row = answer("links_retrieve", key=link.public_id).json()
    assert (row["state"], row["time_left"]) == (state, time_left)
    assert [row["id"] for row in answer("links_list", query=f"?state={state}").json()["results"]]


def test_link_of_a_key_that_is_gone__is_as_the_schema_says(answer, settings, locked):
    settings.SECRET_KEY = "another"
    client = signed_in(locked.created_by)
    assert answer("links_retrieve", key=locked.public_id, by=client).json()["url"] is None


def test_new_link__takes_what_the_schema_lists(contract, answer, file):
    schema = contract.schema["components"]["schemas"]["NewShareLink"]
    values = CHANGES | {"password": PASSWORD, "rendition": None}
    assert schema["properties"].keys() == values.keys()
    assert schema["required"] == ["expires_in"]
    for json in (values, {"expires_in": None}):
        response = answer("files_links_create", key=file.public_id, json=json)
        assert response.status_code == 201
        assert response.json().keys() == shown_by(contract)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_in": 0},
        {"expires_in": "soon"},
        {"max_downloads": 0},
        {"rendition": 200},
        {"label": "x" * 201},
        {"password": "x" * 129},
    ],
    ids=str,
)
def test_new_link_with_an_error__answers_as_the_schema_says(answer, file, change):
    json = {"expires_in": 60} | change
    response = answer("files_links_create", key=file.public_id, json=json)
    assert response.status_code == 400
    assert response.json().keys() == change.keys()


def test_link_to_the_file_of_another__is_forbidden_as_the_schema_says(answer, organization, admin):
    key = make_file(organization, admin).public_id
    assert answer("files_links", key=key).status_code == 403
    assert answer("files_links_create", key=key, json={"expires_in": 60}).status_code == 403


def test_link_of_a_former_admin__is_not_found_as_the_schema_says(answer, settings, file):
    settings.ORG_FILES = {"POLICY": {"BACKEND": "org_files.access.OpenPolicy"}}
    former = make_user("former")
    membership = join(file.organization, former, "admin")
    link = make_link(file, former)
    membership.delete()
    by, key = signed_in(former), link.public_id
    assert answer("links_update", key=key, by=by, json={"label": "Mine."}).status_code == 404
    assert answer("links_revoke", key=key, by=by).status_code == 404


def test_change_of_a_link__takes_what_the_schema_lists(contract, answer, locked):
    schema = contract.schema["components"]["schemas"]["PatchedShareLinkChange"]
    assert schema["properties"].keys() == CHANGES.keys()
    for name, value in CHANGES.items():
        response = answer("links_update", key=locked.public_id, json={name: value})
        assert response.status_code == 200
        if name != "expires_in":
            assert response.json()[name] == value
    assert response.json()["time_left"] == 600
    assert answer("links_update", key=locked.public_id, json={"expires_in": 0}).status_code == 400


def test_end_of_a_link__answers_as_the_schema_says(answer, locked):
    for status in (204, 204):
        assert answer("links_revoke", key=locked.public_id).status_code == status
    assert answer("links_revoke", key=MISSING_ID).status_code == 404


# Who holds the URL


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Accept": "text/html"}, 200),
        ({"Range": "bytes=0-3"}, 206),
        ({"Sec-Purpose": "prefetch"}, 204),
        ({"If-None-Match": "*"}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"Range": "bytes=999-"}, 416),
    ],
    ids=str,
)
def test_content_by_a_link__answers_as_the_schema_says(answer, file, headers, status):
    token = token_of(make_link(file))
    response = answer("shared_content", key=token, by=Client(), headers=headers)
    assert response.status_code == status


def test_content_by_a_link__is_described_as_that_of_a_file(contract):
    # Of heights, too; and what the tier does not have is not found.
    statuses = contract.operations["files_rendition"]["responses"].keys() - {"403"}
    assert contract.operations["shared_content"]["responses"].keys() == {*statuses, "204"}
    documented = contract.responses("files_content")["200"]["headers"]
    assert contract.responses("shared_content")["200"]["headers"] == documented


def test_content_by_a_link__that_is_refused__answers_as_the_schema_says(answer, organization, user):
    token = token_of(make_link(make_file(organization, user)))
    by = Client()
    assert answer("shared_content", key=token, by=by).json()["code"] == "content_unavailable"
    assert answer("shared_content", key=token, by=by, query="?disposition=x").status_code == 400
    ShareLink.objects.all().delete()
    assert answer("shared_content", key=token, by=by).json()["code"] == "not_found"


def test_password__leads_to_the_bytes_as_the_schema_says(answer, locked):
    token, by = token_of(locked), Client()
    challenge = answer("shared_content", key=token, by=by)
    assert (challenge.status_code, challenge.json()["code"]) == (401, "password_required")
    assert answer("shared_open", key=token, by=by, json={}).status_code == 400
    opened = answer("shared_open", key=token, by=by, json={"password": PASSWORD})
    assert opened.status_code == 303
    query = f"?{urlsplit(opened.headers['Location']).query}"
    assert answer("shared_content", key=token, by=by, query=query).status_code == 200


def test_eleventh_wrong_password__answers_as_the_schema_says(answer, locked):
    token, by = token_of(locked), Client()
    for _ in range(10):
        assert answer("shared_open", key=token, by=by, json={"password": "x"}).status_code == 403
    refused = answer("shared_open", key=token, by=by, json={"password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")


# Tickets


def test_ticket__opens_the_content_as_the_schema_says(contract, answer, file):
    properties = contract.schema["components"]["schemas"]["Ticket"]["properties"]
    for json in (None, {}, {"height": None}):
        response = answer("files_ticket", key=file.public_id, json=json)
        assert response.json().keys() == properties.keys()
    url = urlsplit(response.json()["url"])
    assert url.path == contract.url("files_content", file.public_id)
    by, key = Client(), file.public_id
    assert answer("files_content", key=key, by=by, query=f"?{url.query}").status_code == 200
    assert "ticket" in contract.parameters("files_content")


def test_ticket_of_a_height__is_refused_as_the_schema_says(answer, file):
    for height in (200, 0, "high"):
        response = answer("files_ticket", key=file.public_id, json={"height": height})
        assert response.status_code == 400
        assert response.json().keys() == {"height"}


def test_ticket_that_is_none__answers_as_the_schema_says(answer, file):
    response = answer("files_content", key=file.public_id, by=Client(), query="?ticket=forged")
    assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")
