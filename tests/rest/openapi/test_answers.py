"""What the OpenAPI schema says is what the API does: real answers, checked against it."""

from json import dumps

import pytest
from django.test import Client

from org_files.counters import record_download
from org_files.models import Role
from org_files.testing.factories import join, make_file, make_user
from tests.rest.openapi.contract import upload
from tests.rest.requests import signed_in

JSON = {"content_type": "application/json"}
PASSWORD = "correct horse"

# What goes well


def test_file__has_the_properties_of_the_schema(contract, answer, file, user):
    record_download(file=file, user=user)
    schema = contract.schema["components"]["schemas"]["File"]
    for row in (
        answer("files_retrieve", key=file.public_id).json(),
        answer("files_list").json()["results"][0],
    ):
        assert row.keys() == schema["properties"].keys() == {*schema["required"]}


def test_file__with_everything_that_may_be_missing__is_as_the_schema_says(
    answer, organization, file
):
    file.owner = None
    file.save()
    row = answer("files_retrieve", key=file.public_id).json()
    assert row["owner"] is None
    assert row["deleted_at"] is None


def test_upload__answers_as_the_schema_says(answer, organization):
    request = upload(organization=str(organization.pk), expires_at="2999-01-01T00:00:00Z")
    assert answer("files_create", **request).status_code == 201


def test_upload__takes_what_the_schema_lists_and_no_more(contract, answer, organization, user):
    fields = contract.schema["components"]["schemas"]["FileUpload"]["properties"].keys() - {"file"}
    values = {
        "organization": str(organization.pk),
        "name": "other.txt",
        "comment": "A comment.",
        "resource": "project",
        "resource_id": "42",
        "is_public": "true",
        "expires_at": "2999-01-01T00:00:00Z",
    }
    assert fields == values.keys()
    row = answer("files_create", **upload(**values)).json()
    assert row["organization"]["id"] == organization.pk
    del values["organization"]
    assert {name: str(row[name]).lower() for name in values} == {
        name: value.lower() for name, value in values.items()
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Range": "bytes=0-3"}, 206),
        ({"If-None-Match": "*"}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"Range": "bytes=999-"}, 416),
    ],
)
def test_content__answers_as_the_schema_says(headers, status, answer, file):
    assert answer("files_content", key=file.public_id, headers=headers).status_code == status


def test_content__by_head__has_the_headers_of_get(contract, client, answer, file):
    whole = answer("files_content", key=file.public_id)
    head = client.head(contract.url("files_content", file.public_id))
    documented = contract.responses("files_content")["200"]["headers"]
    assert {name: head[name] for name in documented} == {name: whole[name] for name in documented}


def test_downloads__are_as_the_schema_says(answer, organization, file, admin):
    record_download(file=file, user=admin)
    by = signed_in(admin)
    for id, key in [
        ("organizations_files", organization.pk),
        ("organizations_downloads", organization.pk),
        ("files_downloads", file.public_id),
        ("users_downloads", admin.pk),
        ("downloads_list", ()),
    ]:
        assert len(answer(id, key=key, by=by).json()["results"]) == 1, id


def test_cursor__pages_as_the_schema_says(answer, organization, user, file):
    make_file(organization, user)
    page = answer("files_list", query="?cursor=&page_size=1").json()
    assert "count" not in page
    assert page["next"]


def test_login_and_logout__answer_as_the_schema_says(contract, answer, organization):
    user = make_user("lin", password=PASSWORD)
    join(organization, user, Role.VIEWER)
    browser = Client(enforce_csrf_checks=True)
    credentials = {"email": user.email, "password": PASSWORD}
    body = answer("auth_login", by=browser, data=dumps(credentials), **JSON).json()
    assert body.keys() == contract.schema["components"]["schemas"]["User"]["properties"].keys()
    assert body["organizations"][0]["role"] == "viewer"
    token = browser.cookies["csrftoken"].value
    parameters = contract.operations["auth_logout"]["parameters"]
    headers = {item["name"]: token for item in parameters if item["in"] == "header"}
    assert answer("auth_logout", by=browser, headers=headers).status_code == 204


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("multipart/form-data; boundary=x", 400), ("application/x-www-form-urlencoded", 413)],
)
def test_logout__looks_for_the_csrf_token_in_the_body__and_says_where_it_cannot(
    content_type, status, answer, session, settings
):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    request = {"data": b"no form, and long", "content_type": content_type}
    assert answer("auth_logout", by=session, **request).status_code == status


def test_tokens__answer_as_the_schema_says(answer, db):
    user = make_user("lin", password=PASSWORD)
    credentials = {"email": user.email, "password": PASSWORD}
    pair = answer("token_obtain", by=Client(), data=dumps(credentials), **JSON).json()
    pair = answer("token_refresh", by=Client(), data=dumps({"refresh": pair["refresh"]}), **JSON)
    body = dumps({"refresh": pair.json()["refresh"]})
    assert answer("token_blacklist", by=Client(), data=body, **JSON).json() == {}
