"""What every operation can answer, or every one of a kind, is what the OpenAPI schema says."""

import pytest
from django.test import Client
from rest_framework.throttling import BaseThrottle

from org_files.links import token_of
from org_files.models import Role
from org_files.testing.factories import join, make_user
from tests.rest.openapi.contract import Contract, generate
from tests.rest.requests import MULTIPART, closed, part, signed_in

#: In a path: longer than any id, and than any text by which a site may link files.
NOTHING = "x" * 300

PUBLIC = {
    *("auth_register", "auth_login", "token_obtain", "token_refresh", "token_blacklist"),
    *("shared_content", "shared_open"),
}


@pytest.fixture
def root(organization):
    """Somebody who may do everything."""
    user = make_user("root", is_staff=True, is_superuser=True)
    join(organization, user, Role.ADMIN)
    return user


@pytest.fixture
def keys(contract, file, locked, organization, user):
    """The ids in the path of each operation, of what is there."""
    things = {
        "files": file.public_id,
        "links": locked.public_id,
        # One with a password, without which no body would be read.
        "shared": token_of(locked),
        "organizations": organization.pk,
        "users": user.pk,
        "resources": "7",
    }
    found = {}
    for id, operation in contract.operations.items():
        kind = operation["path"].split("/")[2]
        names = [item["name"] for item in contract.parameters(id).values() if item["in"] == "path"]
        # Of a kind of thing that the site chooses, those of the examples.
        names = names if kind in things else []
        by_name = {"user_id": things["users"], "height": 200}
        found[id] = tuple(by_name.get(name, things.get(kind)) for name in names)
    return found


def taking(contract, media_type):
    """The operations that take a body of a media type."""
    return [
        id
        for id, operation in contract.operations.items()
        if media_type in operation.get("requestBody", {}).get("content", {})
    ]


# Whatever the operation


def test_every_operation__without_login__is_401_unless_public(contract, answer, db):
    for id in contract.operations.keys() - PUBLIC:
        assert answer(id, by=Client()).status_code == 401, id


def test_every_operation__on_what_is_not_there__is_404(contract, answer, keys, root):
    for id, found in keys.items():
        for position in range(len(found)):
            missing = (*found[:position], NOTHING, *found[position + 1 :])
            assert answer(id, key=missing, by=signed_in(root)).status_code == 404, id


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


def test_every_operation__with_a_body_in_chunks__is_411(contract, answer, session):
    headers = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    for id in contract.operations:
        assert answer(id, by=session, headers=headers).status_code == 411, id


# What changes something


def test_every_change__in_a_session_without_its_csrf_token__is_403(contract, answer, session):
    changes = [id for id in contract.operations if "X-Csrftoken" in contract.parameters(id)]
    assert len(changes) > 10
    for id in changes:
        assert answer(id, by=session).status_code == 403, id


def test_every_body_of_json__that_is_none__is_400(contract, answer, keys, root):
    for id in taking(contract, "application/json"):
        request = {"data": b"{", "content_type": "application/json"}
        response = answer(id, key=keys[id], by=signed_in(root), **request)
        assert response.json()["code"] == "parse_error", id


def test_every_body_of_json__that_is_too_large__is_413(contract, answer, keys, root, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    for id in taking(contract, "application/json"):
        response = answer(id, key=keys[id], by=signed_in(root), json={"name": "A long name."})
        assert response.json()["code"] == "request_too_large", id


def test_every_form__without_its_end__is_400(contract, answer, keys, root):
    for id in taking(contract, "multipart/form-data"):
        request = {"data": part("name", "A."), "content_type": MULTIPART}
        response = answer(id, key=keys[id], by=signed_in(root), **request)
        assert response.json()["code"] == "malformed_multipart", id


def test_every_form__with_too_many_fields__is_400(contract, answer, keys, root, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    for id in taking(contract, "multipart/form-data"):
        form = {"data": closed(part("a", "A."), part("b", "B.")), "content_type": MULTIPART}
        response = answer(id, key=keys[id], by=signed_in(root), **form)
        assert response.json()["code"] == "bad_request", id


FILE_FIELDS = {"files_create": "file", "users_me_avatar_update": "avatar"}


def test_every_form_with_a_field_for_a_file__and_a_file_that_is_too_large__is_413(
    contract, answer, keys, root, settings
):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 2}
    for id, field in FILE_FIELDS.items():
        form = {"data": closed(part(field, b"large", "a.txt")), "content_type": MULTIPART}
        response = answer(id, key=keys[id], by=signed_in(root), **form)
        assert response.json()["code"] == "file_too_large", id


def test_every_form_without_a_field_for_a_file__and_a_file__is_400(contract, answer, keys, root):
    for id in set(taking(contract, "multipart/form-data")) - FILE_FIELDS.keys():
        form = {"data": closed(part("file", b"A", "a.txt")), "content_type": MULTIPART}
        response = answer(id, key=keys[id], by=signed_in(root), **form)
        assert response.json()["code"] == "unexpected_file", id


# Lists


def test_every_list__refuses_what_it_does_not_know(contract, answer, keys, root):
    for id, operation in contract.operations.items():
        if "InvalidParameters" in str(operation["responses"].get("400")):
            response = answer(id, key=keys[id], by=signed_in(root), query="?colour=red")
            assert response.status_code == 400, id


def test_every_parameter_of_a_list__is_taken(contract, answer, keys, root, organization, user):
    values = {
        "organization": organization.pk,
        "owner": user.pk,
        "user": user.pk,
        "is_picture": "true",
        "is_public": "false",
        "trashed": "true",
        "created_after": "2026-03-01T09:30:00Z",
        "created_before": "2026-03-01T09:30:00Z",
        "min_size": 0,
        "max_size": 9,
        "expand": "members",
        "page": 1,
        "page_size": 200,
        "cursor": "",
        "state": "active",
    }
    for id in contract.operations:
        parameters = contract.parameters(id)
        for name in parameters.keys() - {"id", "ordering"} if "page" in parameters else ():
            query = f"?{name}={values.get(name, 'text')}"
            found = answer(id, key=keys[id], by=signed_in(root), query=query)
            assert found.status_code == 200, (id, query, found.content)


def test_every_ordering__is_taken_and_others_are_not(contract, answer, keys, root):
    for id in contract.operations:
        if ordering := contract.parameters(id).get("ordering"):
            for name in ordering["schema"]["items"]["enum"]:
                query = f"?ordering={name}"
                response = answer(id, key=keys[id], by=signed_in(root), query=query)
                assert response.status_code == 200, (id, query)
            query = "?ordering=password"
            assert answer(id, key=keys[id], by=signed_in(root), query=query).status_code == 400


# Limits


def test_throttled_site__says_so_in_its_schema(settings, client, organization):
    throttle = "tests.rest.openapi.test_every_operation.NeverAgain"
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


def test_every_operation__is_limited_and_says_so(contract, answer, keys, settings):
    rates = dict.fromkeys(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "0/day")
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    for id in contract.operations:
        key = ("x" * 43,) if id.startswith("shared") else keys[id]
        body = {"refresh": "x"} if id.startswith("token") else None

        assert answer(id, key=key, by=Client(), json=body).status_code == 429, id


def test_parameter_given_twice__is_a_400_of_every_operation(contract, answer, keys, root):
    for id in contract.operations:
        response = answer(id, key=keys[id], by=signed_in(root), query="?format=a&format=b")

        assert response.status_code == 400, id
