"""What the OpenAPI schema says is what the API does: real answers, checked against it."""

from json import dumps

import pytest
from django.test import Client
from rest_framework.throttling import BaseThrottle

from org_files.counters import record_download
from org_files.models import Role
from tests.factories import join, make_file, make_user
from tests.rest.openapi.contract import Contract, generate, upload
from tests.rest.requests import signed_in

JSON = {"content_type": "application/json"}
PASSWORD = "correct horse"
PUBLIC = {"auth_login", "token_obtain", "token_refresh", "token_blacklist"}

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


def test_organizations_and_downloads__are_as_the_schema_says(answer, organization, file, admin):
    record_download(file=file, user=admin)
    by = signed_in(admin)
    for id, key in [
        ("organizations_list", None),
        ("organizations_retrieve", organization.pk),
        ("organizations_files", organization.pk),
        ("organizations_downloads", organization.pk),
        ("files_downloads", file.public_id),
        ("users_downloads", admin.pk),
        ("downloads_list", None),
    ]:
        body = answer(id, key=key, by=by).json()
        assert "results" not in body or len(body["results"]) == 1, id


def test_every_parameter_of_a_list__is_taken(contract, answer, organization, user, file):
    values = {
        "organization": organization.pk,
        "owner": user.pk,
        "user": user.pk,
        "is_picture": "true",
        "is_public": "false",
        "created_after": "2026-03-01T09:30:00Z",
        "created_before": "2026-03-01T09:30:00Z",
        "min_size": 0,
        "max_size": 9,
        "page": 1,
        "page_size": 200,
        "cursor": "",
    }
    keys = {"files_downloads": file.public_id, "users_downloads": user.pk}
    by = signed_in(make_user("root", is_staff=True))
    for id, operation in contract.operations.items():
        parameters = {item["name"] for item in operation.get("parameters", ())}
        for name in parameters - {"id", "ordering"} if "page" in parameters else ():
            query = f"?{name}={values.get(name, 'text')}"
            found = answer(id, key=keys.get(id, organization.pk), by=by, query=query)
            assert found.status_code == 200, (id, query, found.content)


def test_every_ordering__is_taken_and_others_are_not(contract, answer, file):
    parameters = {item["name"]: item for item in contract.operations["files_list"]["parameters"]}
    for name in parameters["ordering"]["schema"]["items"]["enum"]:
        assert answer("files_list", query=f"?ordering={name}").status_code == 200
    assert answer("files_list", query="?ordering=sha256").status_code == 400


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


# What every operation can answer


def test_every_operation__without_login__is_401_unless_public(contract, answer, db):
    for id in contract.operations.keys() - PUBLIC:
        assert answer(id, by=Client()).status_code == 401, id


def test_every_operation__on_what_is_not_there__is_404(contract, answer, db):
    by = signed_in(make_user("root", is_staff=True))
    for id, operation in contract.operations.items():
        if "{id}" in operation["path"]:
            assert answer(id, key="nothing", by=by).status_code == 404, id


def test_every_operation__asked_for_what_it_cannot_show__is_406_unless_it_sends_bytes(
    contract, answer, session
):
    for id, operation in contract.operations.items():
        response = answer(id, by=session, headers={"Accept": "image/png"})
        assert ("406" in operation["responses"]) == (response.status_code == 406), id


def test_every_operation__with_a_compressed_body__is_415(contract, answer, session):
    for id in contract.operations:
        response = answer(id, by=session, headers={"Content-Encoding": "gzip"})
        assert response.status_code == 415, id


def test_every_list__refuses_what_it_does_not_know(contract, answer, file, user, admin):
    keys = {"files_downloads": file.public_id, "users_downloads": admin.pk}
    for id, operation in contract.operations.items():
        if "InvalidParameters" in str(operation["responses"].get("400")):
            key = keys.get(id, file.organization_id)
            response = answer(id, key=key, by=signed_in(admin), query="?colour=red")
            assert response.status_code == 400, id


def test_throttled_site__says_so_in_its_schema(settings, client, organization):
    throttle = "tests.rest.openapi.test_answers.NeverAgain"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": [throttle]}
    contract = Contract(generate())
    response = client.get("/api/files/")
    contract.check("files_list", response)
    assert response.status_code == 429


class NeverAgain(BaseThrottle):
    """Lets nobody in."""

    def allow_request(self, request, view):
        return False

    def wait(self):
        return 30.0
