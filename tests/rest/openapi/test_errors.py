"""Every code of errors that the OpenAPI schema names, provoked, and no other."""

import errno
from functools import partial
from json import dumps

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test import Client
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.exceptions import RenditionsBusy
from org_files.links import token_of
from org_files.models import Role
from org_files.rest.views.organizations import OrganizationListView
from org_files.testing.factories import join, make_file, make_user, subscribe
from tests.pictures.stored import make_picture
from tests.pictures.stored import photo as photograph
from tests.rest.openapi.contract import upload
from tests.rest.requests import MULTIPART, CutStream, closed, part, signed_in

JSON = {"content_type": "application/json"}

CASES = {}


def provokes(status, code):
    """Register what is answered with ``code``; its argument has every fixture as an attribute."""

    def register(case):
        CASES[status, code] = case
        return case

    return register


@provokes(400, "parse_error")
def broken_json(world):
    return world.answer("auth_login", by=Client(), data=b"{", **JSON)


@provokes(400, "malformed_multipart")
def closing_boundary_missing(world):
    return world.answer("files_create", data=part("file", b"A", "a.txt"), content_type=MULTIPART)


@provokes(400, "incomplete_body")
def connection_cut(world):
    cut = {"wsgi.input": CutStream(part("file", b"A", "a.txt")), "CONTENT_LENGTH": "999"}
    return world.answer("files_create", data=b"x", content_type=MULTIPART, **cut)


@provokes(400, "bad_request")
def too_many_fields(world):
    world.settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    return world.answer("files_create", **upload(name="a.txt", comment="A."))


@provokes(400, "unexpected_file")
def file_where_none_is_taken(world):
    body = {"data": closed(part("file", b"A", "a.txt")), "content_type": MULTIPART}
    return world.answer("organizations_create", **body)


@provokes(401, "not_authenticated")
def nobody(world):
    world.db  # noqa: B018 - asks for the fixture
    return world.answer("organizations_list", by=Client())


@provokes(401, "authentication_failed")
def wrong_password(world):
    world.db  # noqa: B018 - asks for the fixture
    credentials = {"email": "nobody@example.com", "password": "x"}
    return world.answer("token_obtain", by=Client(), data=dumps(credentials), **JSON)


@provokes(401, "token_not_valid")
def used_token(world):
    token = RefreshToken.for_user(world.user)
    token.blacklist()
    data = dumps({"refresh": str(token)})
    return world.answer("token_refresh", by=Client(), data=data, **JSON)


@provokes(401, "bad_authorization_header")
def header_in_three_parts(world):
    return world.answer("downloads_list", by=Client(headers={"Authorization": "Bearer a b"}))


@provokes(401, "user_inactive")
def disabled_user(world):
    world.user.is_active = False
    world.user.save()
    return world.answer("files_list")


@provokes(401, "user_not_found")
def deleted_user(world):
    by = world.client
    world.user.delete()
    return world.answer("files_list", by=by)


@provokes(401, "password_required")
def link_without_its_password(world):
    return world.answer("shared_content", key=token_of(world.locked), by=Client())


@provokes(403, "password_wrong")
def link_with_another_password(world):
    key = token_of(world.locked)
    return world.answer("shared_open", key=key, by=Client(), json={"password": "heron-lamp-43"})


@provokes(403, "permission_denied")
def downloads_of_another(world):
    return world.answer("files_downloads", key=world.file.public_id, by=signed_in(world.viewer))


@provokes(403, "no_organization")
def member_of_nothing(world):
    return world.answer("files_create", by=signed_in(make_user("new")), **upload())


@provokes(403, "registration_closed")
def nobody_may_register(world):
    world.db  # noqa: B018 - asks for the fixture
    backend = "org_files.accounts.registration.ClosedRegistration"
    world.settings.ORG_FILES = {"REGISTRATION": {"BACKEND": backend}}
    values = {"email": "new@example.com", "password": "Correct-horse-7"}
    return world.answer("auth_register", by=Client(), json=values)


@provokes(403, "height_not_in_tier")
def height_of_another_tier(world):
    photo = make_picture(world.organization, world.user)
    return world.answer("files_rendition", key=(photo.public_id, 300))


@provokes(403, "original_not_in_tier")
def picture_as_it_was_uploaded(world):
    subscribe(world.organization, allow_original=False)
    photo = make_picture(world.organization, world.user)
    return world.answer("files_content", key=photo.public_id)


@provokes(403, "links_not_in_tier")
def link_of_a_tier_without_links(world):
    subscribe(world.organization, allow_links=False)
    return world.answer("files_links_create", key=world.file.public_id, json={"expires_in": 600})


@provokes(404, "not_found")
def page_past_the_end(world):
    return world.answer("files_list", query="?page=9")


@provokes(406, "not_acceptable")
def picture_of_a_list(world):
    return world.answer("files_list", headers={"Accept": "image/png"})


@provokes(409, "last_admin")
def last_admin_leaves(world):
    key = (world.organization.pk, world.admin.pk)
    return world.answer("members_delete", key=key, by=signed_in(world.admin))


@provokes(409, "organization_not_empty")
def organization_of_a_file(world):
    key = world.file.organization_id
    return world.answer("organizations_delete", key=key, by=signed_in(world.admin))


@provokes(409, "conflict")
def rows_of_the_site(world):
    def refuse(instance, **kwargs):
        raise ProtectedError("An invoice refers to it.", {instance})

    world.request.addfinalizer(partial(pre_delete.disconnect, refuse, get_user_model()))
    pre_delete.connect(refuse, get_user_model())
    return world.answer("users_me_delete")


@provokes(411, "length_required")
def body_in_chunks(world):
    headers = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    return world.answer("files_list", headers=headers)


@provokes(412, "precondition_failed")
def another_content(world):
    headers = {"If-Match": '"other"'}
    return world.answer("files_content", key=world.file.public_id, headers=headers)


@provokes(413, "request_too_large")
def long_body(world):
    world.settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    return world.answer("auth_login", by=Client(), data=dumps({"email": "a" * 20}), **JSON)


@provokes(413, "file_too_large")
def long_file(world):
    world.settings.ORG_FILES = {"MAX_FILE_SIZE": 2}
    return world.answer("files_create", **upload())


@provokes(413, "quota_exceeded")
def file_without_room(world):
    world.settings.ORG_FILES = {"QUOTA_BYTES": 2}
    return world.answer("files_create", **upload())


@provokes(415, "type_not_allowed")
def text_where_pictures_go(world):
    world.settings.ORG_FILES = {"ALLOWED_TYPES": ["image/*"]}
    return world.answer("files_create", **upload())


@provokes(415, "unsupported_media_type")
def yaml_body(world):
    data = {"data": b"a: b", "content_type": "application/yaml"}
    return world.answer("token_obtain", by=Client(), **data)


@provokes(416, "range_not_satisfiable")
def range_behind_the_end(world):
    headers = {"Range": "bytes=999-"}
    return world.answer("files_content", key=world.file.public_id, headers=headers)


@provokes(422, "not_a_picture")
def half_of_a_picture(world):
    photo = make_picture(world.organization, world.user, content=photograph()[:900])
    return world.answer("files_rendition", key=(photo.public_id, 200))


@provokes(429, "throttled")
def guesses_in_a_row(world):
    world.db  # noqa: B018 - asks for the fixture
    world.settings.REST_FRAMEWORK = world.settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_RATES": {"org_files_login": "1/day"}
    }
    credentials = {"email": "nobody@example.com", "password": "x"}
    world.answer("token_obtain", by=Client(), json=credentials)
    return world.answer("token_obtain", by=Client(), json=credentials)


@provokes(503, "renditions_busy")
def pictures_in_a_row(world):
    def fail(*args, **kwargs):
        raise RenditionsBusy

    world.monkeypatch.setattr("org_files.accounts.views.avatars.set_avatar", fail)
    picture = {"data": closed(part("avatar", b"A", "me.jpg")), "content_type": MULTIPART}
    return world.answer("users_me_avatar_update", **picture)


@provokes(503, "database_unavailable")
def database_gone(world):
    def fail(*args, **kwargs):
        raise OperationalError

    world.monkeypatch.setattr(OrganizationListView, "get_queryset", fail)
    return world.answer("organizations_list")


@provokes(503, "content_unavailable")
def bytes_gone(world):
    file = make_file(world.organization, world.user)
    return world.answer("files_content", key=file.public_id)


def failing_store(world, number):
    def fail(*args, **kwargs):
        raise OSError(number, "no")

    world.monkeypatch.setattr(FileSystemStorage, "_save", fail)
    return world.answer("files_create", **upload())


@provokes(503, "storage_unavailable")
def store_gone(world):
    return failing_store(world, errno.EIO)


@provokes(507, "storage_full")
def store_full(world):
    return failing_store(world, errno.ENOSPC)


@pytest.fixture
def viewer(organization):
    user = make_user("vera")
    join(organization, user, Role.VIEWER)
    return user


@pytest.fixture
def world(request):
    class World:
        def __getattr__(self, name):
            return request.getfixturevalue(name)

    return World()


@pytest.mark.parametrize(("status", "code"), CASES)
def test_error__is_answered_as_the_schema_says(status, code, world):
    response = CASES[status, code](world)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_every_code_of_the_schema__has_a_case(contract):
    assert contract.all_codes() == CASES.keys()
