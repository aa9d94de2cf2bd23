"""Each code that the OpenAPI schema names is answered once, and no other is named."""

import errno
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test import Client
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.accounts.views import avatars
from org_files.exceptions import RenditionsBusy
from org_files.links import token_of
from org_files.models import Role
from org_files.rest.views.organizations import OrganizationListView
from org_files.testing.factories import join, make_file, make_user, subscribe
from tests.pictures.stored import make_picture
from tests.pictures.stored import photo as photograph
from tests.rest.openapi.contract import upload
from tests.rest.requests import MULTIPART, CutStream, closed, part, signed_in

UNKNOWN = {"email": "unknown@example.com", "password": "x"}
CHUNKED = {"Transfer-Encoding": "chunked", "Content-Length": ""}


def form(*parts):
    return {"data": closed(*parts), "content_type": MULTIPART}


def connection_cut(world):
    cut = {"wsgi.input": CutStream(part("file", b"A", "a.txt")), "CONTENT_LENGTH": "999"}
    return world.answer("files_create", data=b"x", content_type=MULTIPART, **cut)


def used_token(world):
    token = RefreshToken.for_user(world.user)
    token.blacklist()
    return world.answer("token_refresh", by=Client(), json={"refresh": str(token)})


def disabled_user(world):
    world.user.is_active = False
    world.user.save()
    return world.answer("files_list")


def deleted_user(world):
    by = world.client
    world.user.delete()
    return world.answer("files_list", by=by)


def picture(world, id="files_content", *rest, content=None, **tier):
    if tier:
        subscribe(world.organization, **tier)
    photo = make_picture(world.organization, world.user, content=content or photograph())
    return world.answer(id, key=(photo.public_id, *rest))


def link_of_a_tier_without_links(world):
    subscribe(world.organization, allow_links=False)
    return world.answer("files_links_create", key=world.file.public_id, json={"expires_in": 600})


def last_admin_leaves(world):
    key = (world.organization.pk, world.admin.pk)
    return world.answer("members_delete", key=key, by=signed_in(world.admin))


def organization_of_a_file(world):
    key = world.file.organization_id
    return world.answer("organizations_delete", key=key, by=signed_in(world.admin))


def rows_of_the_site(world):
    def refuse(instance, **kwargs):
        raise ProtectedError("An invoice refers to it.", {instance})

    world.request.addfinalizer(partial(pre_delete.disconnect, refuse, get_user_model()))
    pre_delete.connect(refuse, get_user_model())
    return world.answer("users_me_delete")


def limited(world, id="files_create", request=None, **limits):
    world.settings.ORG_FILES = limits
    return world.answer(id, **(request or upload()))


def closed_registration(world):
    backend = {"BACKEND": "org_files.accounts.registration.ClosedRegistration"}
    json = {"email": "new@example.com", "password": "Correct-horse-7"}
    return limited(world, "auth_register", {"by": Client(), "json": json}, REGISTRATION=backend)


def setting(world, name, value, id, **request):
    setattr(world.settings, name, value)
    return world.answer(id, **request)


def guesses_in_a_row(world):
    rates = {"DEFAULT_THROTTLE_RATES": {"org_files_login": "1/day"}}
    world.settings.REST_FRAMEWORK = world.settings.REST_FRAMEWORK | rates
    world.answer("token_obtain", by=Client(), json=UNKNOWN)
    return world.answer("token_obtain", by=Client(), json=UNKNOWN)


def failing(world, target, name, error, id, **request):
    def fail(*args, **kwargs):
        raise error

    world.monkeypatch.setattr(target, name, fail)
    return world.answer(id, **request)


def failing_store(world, number):
    error = OSError(number, "no")
    return failing(world, FileSystemStorage, "_save", error, "files_create", **upload())


def pictures_in_a_row(world):
    request = form(part("avatar", b"A", "me.jpg"))
    return failing(
        world, avatars, "set_avatar", RenditionsBusy, "users_me_avatar_update", **request
    )


def content(world, **headers):
    return world.answer("files_content", key=world.file.public_id, headers=headers)


def by_link(world, id="shared_content", **request):
    return world.answer(id, key=token_of(world.locked), by=Client(), **request)


#: Requests by the status and the code that they are answered with. Their argument has every fixture
#: as an attribute.
CASES = {
    (400, "parse_error"): lambda w: w.answer(
        "auth_login", by=Client(), data=b"{", content_type="application/json"
    ),
    (400, "malformed_multipart"): lambda w: w.answer(
        "files_create", data=part("file", b"A", "a.txt"), content_type=MULTIPART
    ),
    (400, "incomplete_body"): connection_cut,
    (400, "bad_request"): lambda w: setting(
        w, "DATA_UPLOAD_MAX_NUMBER_FIELDS", 1, "files_create", **upload(name="a.txt", comment="A.")
    ),
    (400, "unexpected_file"): lambda w: w.answer(
        "organizations_create", **form(part("file", b"A", "a.txt"))
    ),
    (401, "not_authenticated"): lambda w: w.answer("organizations_list", by=Client()),
    (401, "authentication_failed"): lambda w: w.answer("token_obtain", by=Client(), json=UNKNOWN),
    (401, "token_not_valid"): used_token,
    (401, "bad_authorization_header"): lambda w: w.answer(
        "downloads_list", by=Client(headers={"Authorization": "Bearer a b"})
    ),
    (401, "user_inactive"): disabled_user,
    (401, "user_not_found"): deleted_user,
    (401, "password_required"): by_link,
    (403, "password_wrong"): lambda w: by_link(w, "shared_open", json={"password": "other"}),
    (403, "permission_denied"): lambda w: w.answer(
        "files_downloads", key=w.file.public_id, by=signed_in(w.viewer)
    ),
    (403, "no_organization"): lambda w: w.answer(
        "files_create", by=signed_in(make_user("new")), **upload()
    ),
    (403, "registration_closed"): closed_registration,
    (403, "height_not_in_tier"): lambda w: picture(w, "files_rendition", 300),
    (403, "original_not_in_tier"): lambda w: picture(w, allow_original=False),
    (403, "links_not_in_tier"): link_of_a_tier_without_links,
    (404, "not_found"): lambda w: w.answer("files_list", query="?page=9"),
    (406, "not_acceptable"): lambda w: w.answer("files_list", headers={"Accept": "image/png"}),
    (409, "last_admin"): last_admin_leaves,
    (409, "organization_not_empty"): organization_of_a_file,
    (409, "conflict"): rows_of_the_site,
    (411, "length_required"): lambda w: w.answer("files_list", headers=CHUNKED),
    (412, "precondition_failed"): lambda w: content(w, **{"If-Match": '"other"'}),
    (413, "request_too_large"): lambda w: setting(
        w, "DATA_UPLOAD_MAX_MEMORY_SIZE", 10, "auth_login", by=Client(), json=UNKNOWN
    ),
    (413, "file_too_large"): lambda w: limited(w, MAX_FILE_SIZE=2),
    (413, "quota_exceeded"): lambda w: limited(w, QUOTA_BYTES=2),
    (415, "type_not_allowed"): lambda w: limited(w, ALLOWED_TYPES=["image/*"]),
    (415, "unsupported_media_type"): lambda w: w.answer(
        "token_obtain", by=Client(), data=b"a: b", content_type="application/yaml"
    ),
    (416, "range_not_satisfiable"): lambda w: content(w, Range="bytes=999-"),
    (422, "not_a_picture"): lambda w: picture(
        w, "files_rendition", 200, content=photograph()[:900]
    ),
    (429, "throttled"): guesses_in_a_row,
    (503, "renditions_busy"): pictures_in_a_row,
    (503, "database_unavailable"): lambda w: failing(
        w, OrganizationListView, "get_queryset", OperationalError, "organizations_list"
    ),
    (503, "content_unavailable"): lambda w: w.answer(
        "files_content", key=make_file(w.organization, w.user).public_id
    ),
    (503, "storage_unavailable"): lambda w: failing_store(w, errno.EIO),
    (507, "storage_full"): lambda w: failing_store(w, errno.ENOSPC),
}


@pytest.fixture
def viewer(organization):
    user = make_user("vera")
    join(organization, user, Role.VIEWER)
    return user


@pytest.fixture
def world(request, db):
    class World:
        def __getattr__(self, name):
            return request.getfixturevalue(name)

    return World()


@pytest.mark.parametrize(("status", "code"), CASES)
def test_error__is_answered_as_the_schema_says(status, code, world):
    response = CASES[status, code](world)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_every_code_of_the_schema__has_a_case(contract):
    found = {
        (int(status), code)
        for id in contract.operations
        for status in contract.responses(id)
        for code in contract.codes(id, status)
    }
    assert found == CASES.keys()
