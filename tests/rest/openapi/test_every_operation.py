"""Errors that follow from the kind of an operation are answered as the OpenAPI schema says."""

import json

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.models import Upload
from org_files.uploads.services import create_upload
from tests.rest.requests import MULTIPART, closed, code_of, part

#: In a path: longer than any id, and than any text that a site links files by.
NOTHING = "x" * 300

JSON, FORM = "application/json", "multipart/form-data"


@pytest.fixture
def keys(contract, file, locked, organization, user, superuser, root):
    """The ids in the path of each operation, of rows that exist."""
    # The link has a password: without one no body is read.
    rows = {"files": file.public_id, "links": locked.public_id, "shared": token_of(locked)}
    rows |= {"organizations": organization.pk, "users": user.pk, "resources": "project"}
    direct = create_upload(organization=organization, owner=superuser, name="a", length=1)
    Upload.objects.filter(pk=direct.pk).update(stored={"is_direct": True})
    rows |= {"uploads": direct.public_id}
    others = {"{user_id}": user.pk, "{height}": 200, "{resource_id}": "42"}
    found = {}
    for id, operation in contract.operations.items():
        _api, kind, *rest = operation["path"].strip("/").split("/")
        names = [name for name in rest if name.startswith("{")]
        found[id] = tuple(others.get(name, rows.get(kind)) for name in names)
    return found


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"headers": {"Content-Encoding": "gzip"}}, 415),
        ({"headers": {"Transfer-Encoding": "chunked", "Content-Length": ""}}, 411),
        ({"query": "?x=1&y=2&x="}, 400),
    ],
)
def test_refusal_before_all_else__is_that_of_every_operation(
    contract, answer, session, request_, status
):
    for id in contract.operations:
        response = answer(id, by=session, **request_)
        assert response.status_code == status, id
        has_fields = status == 400 and contract.operations[id]["method"] != "HEAD"
        assert not has_fields or list(response.json()) == ["x"], id


def test_operation_without_a_login__is_401_unless_the_schema_needs_none(contract, answer, db):
    for id, operation in contract.operations.items():
        if operation["security"]:
            assert answer(id, by=Client()).status_code == 401, id


def test_missing_row__is_404_of_every_operation_with_an_id(contract, answer, keys, root):
    for id, found in keys.items():
        if contract.operations[id]["method"] == "OPTIONS":
            continue  # of no row
        for position in range(len(found)):
            missing = (*found[:position], NOTHING, *found[position + 1 :])
            assert answer(id, key=missing, by=root).status_code == 404, id


def test_accept_of_an_image__is_406_unless_bytes_are_sent(contract, answer, session):
    for id, operation in contract.operations.items():
        response = answer(id, by=session, headers={"Accept": "image/png"})
        assert ("406" in operation["responses"]) == (response.status_code == 406), id


def test_change_in_a_session_without_its_csrf_token__is_403(contract, answer, session):
    changes = [id for id in contract.operations if "X-Csrftoken" in contract.parameters(id)]
    assert len(changes) > 10
    for id in changes:
        assert answer(id, by=session).status_code == 403, id


@pytest.mark.parametrize(
    ("media_type", "body", "limits", "refusal"),
    [
        (JSON, b"{", {}, (400, "parse_error")),
        (JSON, b'{"name": "A."}', {"MEMORY_SIZE": 5}, (413, "request_too_large")),
        (FORM, part("name", "A."), {}, (400, "malformed_multipart")),
        (FORM, closed(part("name", "A.")), {"NUMBER_FIELDS": 0}, (400, "bad_request")),
    ],
)
def test_body_that_cannot_be_read__is_refused_by_every_operation_that_takes_it(
    media_type, body, limits, refusal, contract, answer, keys, root, settings, unchanged
):
    for name, value in limits.items():
        setattr(settings, f"DATA_UPLOAD_MAX_{name}", value)
    content_type = {JSON: JSON, FORM: MULTIPART}[media_type]
    for id in contract.operations:
        if media_type in contract.media_types(id):
            sent = answer(id, key=keys[id], by=root, data=body, content_type=content_type)
            assert code_of(sent) == refusal, id


@pytest.fixture
def fill_in(contract, answer, keys, root):
    """Send JSON with ``value`` in every field to each operation, and yield fields and answer."""

    def fill_in(value):
        for id in contract.operations:
            if content := contract.media_types(id).get(JSON):
                name = content["schema"]["$ref"].rpartition("/")[2]
                fields = contract.schema["components"]["schemas"][name]["properties"]
                body = json.dumps(dict.fromkeys(fields, value))
                yield fields, answer(id, key=keys[id], by=root, data=body, content_type=JSON)

    return fill_in


@pytest.mark.parametrize("value", [{"a": ["b"]}, "a\x00b", "\udc00\ud800"], ids=repr)
def test_value_of_the_wrong_kind__is_400_at_its_field(fill_in, unchanged, value):
    for fields, sent in fill_in(value):
        assert sent.status_code == 400
        assert sent.json()
        assert sent.json().keys() <= fields.keys()


def test_enormous_integer__breaks_nothing(fill_in):
    for fields, sent in fill_in(10**20):
        assert sent.status_code == 400 or "expires_in" not in fields
