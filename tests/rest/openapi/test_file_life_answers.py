"""Changing, deleting and restoring files answer as the OpenAPI schema says."""

from json import dumps

import pytest

from org_files.files import trash_file
from org_files.testing.factories import make_file
from tests.rest.requests import signed_in

JSON = {"content_type": "application/json"}

CHANGES = {
    "name": "other.txt",
    "comment": "A comment.",
    "resource": "project",
    "resource_id": "42",
    "is_public": True,
    "expires_at": "2999-01-01T00:00:00Z",
}


def test_change__answers_as_the_schema_says(answer, file):
    for name, value in {**CHANGES, "expires_at": None}.items():
        data = dumps({name: value})
        response = answer("files_update", key=file.public_id, data=data, **JSON)
        assert (response.status_code, response.json()[name]) == (200, value)


def test_change__takes_what_the_schema_lists_and_no_more(contract):
    body = contract.operations["files_update"]["requestBody"]["content"]["application/json"]
    schema = contract.resolve(body["schema"])
    assert schema["properties"].keys() == CHANGES.keys()
    assert "required" not in schema
    contract.validate(CHANGES, schema)


@pytest.mark.parametrize(
    ("values", "status"),
    [({"name": ".."}, 400), ({"expires_at": "yesterday"}, 400), ({"name": "a.exe"}, 415)],
)
def test_change_that_is_refused__is_as_the_schema_says(answer, file, settings, values, status):
    settings.ORG_FILES = {"ALLOWED_TYPES": ["text/*"]}
    response = answer("files_update", key=file.public_id, data=dumps(values), **JSON)
    assert response.status_code == status


def test_life_of_a_file__is_as_the_schema_says(answer, file):
    key = file.public_id
    assert answer("files_delete", key=key).status_code == 204
    assert answer("files_retrieve", key=key).status_code == 404
    [row] = answer("files_list", query="?trashed=true").json()["results"]
    assert row["deleted_at"]
    assert answer("files_restore", key=key).status_code == 200
    assert answer("files_restore", key=key).json()["deleted_at"] is None
    assert answer("files_delete", key=key, query="?permanent=perhaps").status_code == 400
    assert answer("files_delete", key=key, query="?permanent=true").status_code == 204
    assert answer("files_restore", key=key).status_code == 404


def test_file_of_another__is_forbidden_as_the_schema_says(answer, organization, admin):
    key = make_file(organization, admin).public_id
    data = dumps({"comment": "Mine."})
    assert answer("files_update", key=key, data=data, **JSON).status_code == 403
    assert answer("files_delete", key=key).status_code == 403
    assert answer("files_restore", key=key).status_code == 403


def test_files_of_a_thing__are_as_the_schema_says(answer, organization, user, admin):
    file, trashed = (
        make_file(organization, user, resource="project", resource_id="42") for _ in range(2)
    )
    trash_file(file=trashed)
    [row] = answer("resources_files").json()["results"]
    assert row["id"] == str(file.public_id)
    by = signed_in(admin)
    assert answer("resources_files_delete", by=by, query="?name=none").json() == {"deleted": 0}
    assert answer("resources_files_delete", by=by).json() == {"deleted": 1}
    for query in ("?page=1", "?colour=red", "?is_public=perhaps"):
        assert answer("resources_files_delete", by=by, query=query).status_code == 400


def test_removal_by_thing__takes_the_filters_of_its_list(contract):
    def parameters(id):
        return {item["name"] for item in contract.operations[id]["parameters"]}

    paging = {"page", "page_size", "cursor", "ordering"}
    assert parameters("resources_files_delete") - {"X-Csrftoken"} == (
        parameters("resources_files") - paging
    )
