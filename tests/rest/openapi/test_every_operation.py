"""Errors that follow from the kind of an operation are answered as the OpenAPI schema says."""

import pytest
from django.test import Client
from rest_framework.throttling import BaseThrottle

from org_files.links import token_of
from org_files.models import Role
from org_files.testing.factories import join, make_user
from tests.rest.openapi.contract import Contract, generate
from tests.rest.requests import MULTIPART, closed, part, signed_in

#: In a path: longer than any id, and than any text that a site links files by.
NOTHING = "x" * 300

JSON, FORM = "application/json", "multipart/form-data"


@pytest.fixture
def root(organization):
    """A user with every right."""
    user = make_user("root", is_staff=True, is_superuser=True)
    join(organization, user, Role.ADMIN)
    return signed_in(user)


@pytest.fixture
def keys(contract, file, locked, organization, user):
    """The ids in the path of each operation, of rows that exist."""
    first = {
        "files": file.public_id,
        "links": locked.public_id,
        # With a password: without one no body is read.
        "shared": token_of(locked),
        "organizations": organization.pk,
        "users": user.pk,
        "resources": "project",
    }
    found = {}
    for id, operation in contract.operations.items():
        _api, kind, *rest = operation["path"].strip("/").split("/")
        second = {"{user_id}": user.pk, "{height}": 200, "{resource_id}": "42"}
        names = [name for name in rest if name.startswith("{")]
        found[id] = tuple(second.get(name, first.get(kind)) for name in names)
    return found


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Encoding": "gzip"}, 415),
        ({"Transfer-Encoding": "chunked", "Content-Length": ""}, 411),
    ],
)
def test_refusal_before_all_else__is_that_of_every_operation(
    contract, answer, session, headers, status
):
    for id in contract.operations:
        assert answer(id, by=session, headers=headers).status_code == status, id


def test_parameter_given_twice__is_400_of_every_operation(contract, answer, keys, root):
    for id in contract.operations:
        response = answer(id, key=keys[id], by=root, query="?format=a&format=b")
        assert response.status_code == 400, id


def test_operation_without_a_login__is_401_unless_the_schema_needs_none(contract, answer, db):
    for id, operation in contract.operations.items():
        if operation["security"]:
            assert answer(id, by=Client()).status_code == 401, id


def test_missing_row__is_404_of_every_operation_with_an_id(contract, answer, keys, root):
    for id, found in keys.items():
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
    ("media_type", "body", "limits", "code"),
    [
        (JSON, b"{", {}, "parse_error"),
        (JSON, b'{"name": "A."}', {"DATA_UPLOAD_MAX_MEMORY_SIZE": 5}, "request_too_large"),
        (FORM, part("name", "A."), {}, "malformed_multipart"),
        (
            FORM,
            closed(part("a", "A."), part("b", "B.")),
            {"DATA_UPLOAD_MAX_NUMBER_FIELDS": 1},
            "bad_request",
        ),
    ],
)
def test_body_that_cannot_be_read__is_refused_by_every_operation_that_takes_it(
    media_type, body, limits, code, contract, answer, keys, root, settings
):
    for name, value in limits.items():
        setattr(settings, name, value)
    content_type = {JSON: JSON, FORM: MULTIPART}[media_type]
    for id in contract.operations:
        if media_type in contract.media_types(id):
            sent = answer(id, key=keys[id], by=root, data=body, content_type=content_type)
            assert sent.json()["code"] == code, id


def test_every_parameter_of_a_list__is_taken_and_no_other(
    contract, answer, keys, root, organization, user
):
    values = {
        **dict.fromkeys(("organization",), organization.pk),
        **dict.fromkeys(("owner", "user"), user.pk),
        **dict.fromkeys(("is_picture", "is_public", "trashed"), "true"),
        **dict.fromkeys(("created_after", "created_before"), "2026-03-01T09:30:00Z"),
        **dict.fromkeys(("min_size", "max_size", "page"), 1),
        "expand": "members",
        "page_size": 200,
        "cursor": "",
        "state": "active",
    }
    for id in contract.operations:
        parameters = contract.parameters(id)
        if "page" not in parameters:
            continue
        orderings = parameters.pop("ordering")["schema"]["items"]["enum"]
        queries = [f"ordering={name}" for name in orderings]
        names = [name for name, item in parameters.items() if item["in"] == "query"]
        queries += [f"{name}={values.get(name, 'text')}" for name in names]
        for query in queries:
            found = answer(id, key=keys[id], by=root, query=f"?{query}")
            assert found.status_code == 200, (id, query, found.content)
        for query in ("?colour=red", "?ordering=password"):
            assert answer(id, key=keys[id], by=root, query=query).status_code == 400, id


class NeverAgain(BaseThrottle):
    """Allows no request."""

    def allow_request(self, request, view):
        return False

    def wait(self):
        return 30.0


def test_throttled_site__says_so_in_its_schema(settings, client, organization):
    throttle = f"{__name__}.NeverAgain"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": [throttle]}
    response = client.get("/api/files/")
    Contract(generate()).check("files_list", response)
    assert response.status_code == 429
