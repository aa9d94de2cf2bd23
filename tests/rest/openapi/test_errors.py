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
from django.utils import timezone
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.accounts.views import profile
from org_files.exceptions import RenditionsBusy
from org_files.links import token_of
from org_files.models import Role, Upload
from org_files.rest.uploads import direct, sessions
from org_files.rest.views.organizations import OrganizationListView
from org_files.testing.factories import join, make_file, make_user, subscribe
from org_files.uploads.exceptions import PartsMissing, UploadSuperseded, UploadTooSlow
from org_files.uploads.services import create_upload
from tests.attachments.catalog.models import Product, Shop
from tests.pictures.stored import make_picture
from tests.pictures.stored import photo as photograph
from tests.rest.openapi.contract import upload
from tests.rest.requests import MULTIPART, CutStream, closed, part, signed_in

UNKNOWN = {"email": "unknown@example.com", "password": "x"}
CHUNKED = {"Transfer-Encoding": "chunked", "Content-Length": ""}


class World:
    """Requests, and every fixture as an attribute."""

    def __init__(self, request):
        self.request = request

    def __getattr__(self, name):
        return self.request.getfixturevalue(name)

    def connection_cut(self):
        cut = {"wsgi.input": CutStream(part("file", b"A", "a.txt")), "CONTENT_LENGTH": "999"}
        return self.answer("files_create", data=b"x", content_type=MULTIPART, **cut)

    def used_token(self):
        token = RefreshToken.for_user(self.user)
        token.blacklist()
        return self.answer("token_refresh", by=Client(), json={"refresh": str(token)})

    def disabled_user(self):
        self.user.is_active = False
        self.user.save()
        return self.answer("files_list")

    def deleted_user(self):
        by = self.client
        self.user.delete()
        return self.answer("files_list", by=by)

    def picture(self, id="files_content", *rest, content=None, **tier):
        if tier:
            subscribe(self.organization, **tier)
        photo = make_picture(self.organization, self.user, content=content or photograph())
        return self.answer(id, key=(photo.public_id, *rest))

    def link_of_a_tier_without_links(self):
        subscribe(self.organization, allow_links=False)
        json = {"expires_in": 600}
        return self.answer("files_links_create", key=self.file.public_id, json=json)

    def last_admin_leaves(self):
        key = (self.organization.pk, self.admin.pk)
        return self.answer("members_delete", key=key, by=signed_in(self.admin))

    def organization_of_a_file(self):
        key = self.file.organization_id
        return self.answer("organizations_delete", key=key, by=signed_in(self.admin))

    def rows_of_the_site(self):
        def refuse(instance, **kwargs):
            raise ProtectedError("An invoice refers to it.", {instance})

        self.request.addfinalizer(partial(pre_delete.disconnect, refuse, get_user_model()))
        pre_delete.connect(refuse, get_user_model())
        return self.answer("users_me_delete")

    def product(self, **fields):
        return Product.objects.create(shop=Shop.objects.create(company=self.organization), **fields)

    def file_of_a_column(self):
        self.product(photo=self.file)
        return self.answer("files_delete", key=self.file.public_id, query="?permanent=true")

    def object_with_all_its_files(self):
        key = str(self.product().pk)
        photos = {"resource": "catalog.product.photos", "resource_id": key}
        for _ in range(3):
            make_file(self.organization, **photos)
        trashed = make_file(self.organization, self.user, deleted_at=timezone.now(), **photos)
        return self.answer("files_restore", key=trashed.public_id)

    def limited(self, id="files_create", request=None, **limits):
        self.settings.ORG_FILES = limits
        return self.answer(id, **(request or upload()))

    def closed_registration(self):
        backend = {"BACKEND": "org_files.accounts.registration.ClosedRegistration"}
        json = {"email": "new@example.com", "password": "Correct-horse-7"}
        request = {"by": Client(), "json": json}
        return self.limited("auth_register", request, REGISTRATION=backend)

    def setting(self, name, value, id, **request):
        setattr(self.settings, name, value)
        return self.answer(id, **request)

    def guesses_in_a_row(self):
        rates = {"DEFAULT_THROTTLE_RATES": {"org_files_login": "1/day"}}
        self.settings.REST_FRAMEWORK = self.settings.REST_FRAMEWORK | rates
        self.answer("token_obtain", by=Client(), json=UNKNOWN)
        return self.answer("token_obtain", by=Client(), json=UNKNOWN)

    def failing(self, target, name, error, id, **request):
        def fail(*args, **kwargs):
            raise error

        self.monkeypatch.setattr(target, name, fail)
        return self.answer(id, **request)

    def failing_store(self, number):
        error = OSError(number, "no")
        return self.failing(FileSystemStorage, "_save", error, "files_create", **upload())

    def begun(self, **fields):
        values = {"organization": self.organization, "owner": self.user, "name": "a", "length": 9}
        return create_upload(**values | fields)

    def append(self, *, offset=0, data=b"A", upload=None, **headers):
        upload = upload or self.begun()
        sent = {"Upload-Offset": str(offset), "Upload-Complete": "?0", **headers}
        kind = "application/partial-upload"
        if "Tus-Resumable" in sent:
            kind = "application/offset+octet-stream"
        key = upload.public_id
        return self.answer("uploads_append", key=key, data=data, content_type=kind, headers=sent)

    def append_to_a_complete_one(self):
        upload = self.begun(length=0)
        made = self.append(upload=upload, data=b"", **{"Upload-Complete": "?1"})
        assert made.status_code == 201, made.content
        return self.append(upload=upload)

    def append_without_bytes(self):
        upload = self.begun()
        Upload.objects.update(offset=1)
        return self.append(offset=1, upload=upload)

    def append_that_fails(self, error):
        def fail(*args):
            raise error

        self.monkeypatch.setattr(sessions, "append", fail)
        return self.append()

    def begun_directly(self):
        upload = self.begun()
        upload.stored = {"is_direct": True}
        upload.save()
        return upload

    def complete_without_parts(self):
        upload = self.begun_directly()

        def fail(*args):
            raise PartsMissing

        self.monkeypatch.setattr(direct, "assemble", fail)
        sent = {"data": b'{"parts": [{"number": 1, "etag": "a"}]}'}
        kind = "application/json"
        return self.answer("uploads_complete", key=upload.public_id, content_type=kind, **sent)

    def content(self, **headers):
        return self.answer("files_content", key=self.file.public_id, headers=headers)

    def by_link(self, id="shared_content", **request):
        return self.answer(id, key=token_of(self.locked), by=Client(), **request)


def form(*parts):
    return {"data": closed(*parts), "content_type": MULTIPART}


#: Requests by the status and the code that they are answered with.
CASES = {
    (400, "parse_error"): lambda w: w.answer(
        "auth_login", by=Client(), data=b"{", content_type="application/json"
    ),
    (400, "malformed_multipart"): lambda w: w.answer(
        "files_create", data=part("file", b"A", "a.txt"), content_type=MULTIPART
    ),
    (400, "invalid_utf8"): lambda w: w.answer(
        "organizations_create", **form(part("name", b"\xff"))
    ),
    (400, "incomplete_body"): World.connection_cut,
    (400, "bad_request"): lambda w: w.setting(
        "DATA_UPLOAD_MAX_NUMBER_FIELDS", 1, "files_create", **upload(name="a.txt", comment="A.")
    ),
    (400, "unexpected_file"): lambda w: w.answer(
        "organizations_create", **form(part("file", b"A", "a.txt"))
    ),
    (401, "not_authenticated"): lambda w: w.answer("organizations_list", by=Client()),
    (401, "authentication_failed"): lambda w: w.answer("token_obtain", by=Client(), json=UNKNOWN),
    (401, "token_not_valid"): World.used_token,
    (401, "bad_authorization_header"): lambda w: w.answer(
        "downloads_list", by=Client(headers={"Authorization": "Bearer a b"})
    ),
    (401, "user_inactive"): World.disabled_user,
    (401, "user_not_found"): World.deleted_user,
    (401, "password_required"): World.by_link,
    (403, "password_wrong"): lambda w: w.by_link("shared_open", json={"password": "other"}),
    (403, "permission_denied"): lambda w: w.answer(
        "files_downloads", key=w.file.public_id, by=signed_in(w.viewer)
    ),
    (403, "no_organization"): lambda w: w.answer(
        "files_create", by=signed_in(make_user("new")), **upload()
    ),
    (403, "resource_not_yours"): lambda w: w.answer(
        "files_create", **upload(resource="catalog.product", resource_id="1")
    ),
    (403, "registration_closed"): World.closed_registration,
    (403, "height_not_in_tier"): lambda w: w.picture("files_rendition", 300),
    (403, "original_not_in_tier"): lambda w: w.picture(allow_original=False),
    (403, "links_not_in_tier"): World.link_of_a_tier_without_links,
    (404, "not_found"): lambda w: w.answer("files_list", query="?page=9"),
    (405, "method_not_allowed"): lambda w: w.append(upload=w.begun_directly()),
    (406, "not_acceptable"): lambda w: w.answer("files_list", headers={"Accept": "image/png"}),
    (409, "last_admin"): World.last_admin_leaves,
    (409, "organization_not_empty"): World.organization_of_a_file,
    (409, "file_in_use"): World.file_of_a_column,
    (409, "conflict"): World.rows_of_the_site,
    (411, "length_required"): lambda w: w.answer("files_list", headers=CHUNKED),
    (412, "precondition_failed"): lambda w: w.content(**{"If-Match": '"other"'}),
    (413, "request_too_large"): lambda w: w.setting(
        "DATA_UPLOAD_MAX_MEMORY_SIZE", 10, "auth_login", by=Client(), json=UNKNOWN
    ),
    (413, "file_too_large"): lambda w: w.limited(MAX_FILE_SIZE=2),
    (413, "too_many_attachments"): World.object_with_all_its_files,
    (413, "quota_exceeded"): lambda w: w.limited(QUOTA_BYTES=2),
    (415, "type_not_allowed"): lambda w: w.limited(ALLOWED_TYPES=["image/*"]),
    (415, "unsupported_media_type"): lambda w: w.answer(
        "token_obtain", by=Client(), data=b"a: b", content_type="application/yaml"
    ),
    (400, "digest_mismatch"): lambda w: w.append(
        **{"Content-Digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}
    ),
    (400, "inconsistent_length"): lambda w: w.append(**{"Upload-Length": "8"}),
    (400, "upload_complete"): World.append_to_a_complete_one,
    (408, "upload_too_slow"): lambda w: w.append_that_fails(UploadTooSlow()),
    (409, "offset_mismatch"): lambda w: w.append(offset=5),
    (409, "upload_superseded"): lambda w: w.append_that_fails(UploadSuperseded()),
    (409, "no_direct_upload"): lambda w: w.answer(
        "uploads_create",
        data=b'{"name": "a", "size": 1, "method": "parts"}',
        content_type="application/json",
    ),
    (409, "parts_missing"): World.complete_without_parts,
    (410, "upload_lost"): World.append_without_bytes,
    (412, "tus_version"): lambda w: w.answer("uploads_create", headers={"Tus-Resumable": "0.2.2"}),
    (429, "too_many_uploads"): lambda w: w.limited(
        *("uploads_create", {"headers": {"Tus-Resumable": "1.0.0", "Upload-Length": "1"}}),
        UPLOADS={"MAX_PER_USER": len([w.begun()])},
    ),
    (460, "checksum_mismatch"): lambda w: w.append(
        **{"Tus-Resumable": "1.0.0", "Upload-Checksum": "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk="}
    ),
    (416, "range_not_satisfiable"): lambda w: w.content(Range="bytes=999-"),
    (422, "not_a_picture"): lambda w: w.picture("files_rendition", 200, content=photograph()[:900]),
    (429, "throttled"): World.guesses_in_a_row,
    (503, "renditions_busy"): lambda w: w.failing(
        *(profile, "set_avatar", RenditionsBusy, "users_me_avatar_update"),
        **form(part("avatar", b"A", "me.jpg")),
    ),
    (503, "database_unavailable"): lambda w: w.failing(
        OrganizationListView, "get_queryset", OperationalError, "organizations_list"
    ),
    (503, "content_unavailable"): lambda w: w.answer(
        "files_content", key=make_file(w.organization, w.user).public_id
    ),
    (503, "storage_unavailable"): lambda w: w.failing_store(errno.EIO),
    (507, "storage_full"): lambda w: w.failing_store(errno.ENOSPC),
}


@pytest.fixture
def viewer(organization):
    user = make_user("vera")
    join(organization, user, Role.VIEWER)
    return user


@pytest.mark.parametrize(("status", "code"), CASES)
def test_error__is_answered_as_the_schema_says(status, code, request, db):
    response = CASES[status, code](World(request))
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_every_code_of_the_schema__has_a_case(contract):
    found = {
        (int(status), code)
        for id in contract.operations
        for status in contract.responses(id)
        for code in contract.codes(id, status)
    }
    assert found == CASES.keys()
