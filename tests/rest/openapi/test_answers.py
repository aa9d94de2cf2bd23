"""A success of each operation is answered as the OpenAPI schema says."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from org_files.counters import record_download
from org_files.links import token_of
from org_files.models import Role, Upload
from org_files.rest.uploads import direct
from org_files.rest.uploads.direct import DirectMixin
from org_files.testing.factories import (
    join,
    make_file,
    make_link,
    make_organization,
    make_tier,
    make_user,
)
from org_files.uploads.direct import PartUrl
from org_files.uploads.services import create_upload
from tests.pictures.stored import make_picture
from tests.rest.contents import make_avatar
from tests.rest.openapi.contract import upload
from tests.rest.requests import MULTIPART, closed, part, signed_in

PASSWORD = "Correct-horse-7"


@pytest.fixture
def succeed(answer):
    """Ask for an operation, and check that it succeeds; ``asked`` collects the operations."""

    def ask(id, **request):
        response = answer(id, **request)
        assert response.status_code < 400, (id, response.content)
        ask.asked.add(id)
        return response

    ask.asked = set()
    return ask


@pytest.fixture
def photo(organization, user):
    return make_picture(organization, user)


def test_every_operation__succeeds_as_the_schema_says(
    succeed, contract, photo, locked, user, admin, operator, superuser, monkeypatch
):
    files_are_stored_changed_and_removed(succeed, photo.organization, admin)
    uploads_arrive_in_parts(succeed)
    parts_are_sent_to_a_store(succeed, photo, user, monkeypatch)
    lists_show_every_kind_of_row(succeed, photo, admin)
    bytes_are_sent(succeed, photo, locked)
    links_are_made_and_end(succeed, contract, photo, locked)
    organizations_and_members_come_and_go(succeed, admin)
    users_are_managed(succeed, user, operator, superuser)
    accounts_come_and_go(succeed)
    succeed("health")
    assert succeed.asked == contract.operations.keys()


def files_are_stored_changed_and_removed(succeed, organization, admin):
    thing = {"resource": "project", "resource_id": "42"}
    made = succeed("files_create", **upload(comment="A comment.", is_public="true", **thing)).json()
    end = "2999-01-01T00:00:00Z"
    change = {"name": "other.txt", "comment": "", "is_public": False, "expires_at": end, **thing}
    assert change.items() <= succeed("files_update", key=made["id"], json=change).json().items()
    assert succeed("resources_files", key=(*thing.values(),)).json()["count"] == 1
    deleted = succeed("resources_files_delete", key=(*thing.values(),), by=signed_in(admin))
    assert deleted.json() == {"deleted": 1}
    assert succeed("files_restore", key=made["id"]).json()["deleted_at"] is None
    assert succeed("files_delete", key=made["id"], query="?permanent=true").status_code == 204
    without_owner = make_file(organization)
    assert succeed("files_retrieve", key=without_owner.public_id).json()["owner"] is None


def uploads_arrive_in_parts(succeed):
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "4"}
    made = succeed("uploads_create", headers=tus)
    key = urlsplit(made.headers["Location"]).path.split("/")[-2]
    part_of = {"Upload-Offset": "0", "Tus-Resumable": "1.0.0"}
    kind = "application/offset+octet-stream"
    assert (
        succeed(
            "uploads_append", key=key, data=b"A", content_type=kind, headers=part_of
        ).status_code
        == 204
    )
    assert succeed("uploads_retrieve", key=key).json()["offset"] == 1
    assert succeed("uploads_offset", key=key, headers=tus).status_code == 200
    assert succeed("uploads_offset", key=key).status_code == 204
    for id in ("files_options", "uploads_options", "uploads_session_options"):
        succeed(id, key=key)
    end = {"Upload-Offset": "1", "Upload-Complete": "?1"}
    kind = "application/partial-upload"
    made = succeed("uploads_append", key=key, data=b"bcd", content_type=kind, headers=end)
    assert made.json()["size"] == 4
    assert succeed("uploads_retrieve", key=key).json()["file"] == made.json()["id"]
    assert succeed("uploads_cancel", key=key).status_code == 204
    for id, complete in (("files_create", "?0"), ("files_create", "?1"), ("uploads_create", "?1")):
        sent = {"Upload-Complete": complete, "Want-Repr-Digest": "sha-256=1"}
        succeed(id, data=b"A", content_type="application/octet-stream", headers=sent)


def parts_are_sent_to_a_store(succeed, photo, user, monkeypatch):
    upload = create_upload(organization=photo.organization, owner=user, name="a", length=1)
    stored = {"is_direct": True, "part_size": 1}
    Upload.objects.filter(pk=upload.pk).update(stored=stored)
    url = PartUrl(1, "https://store.example.com/1", timezone.now())
    monkeypatch.setattr(direct, "part_urls", lambda upload, numbers: [url])
    monkeypatch.setattr(direct, "assemble", lambda upload, tags: None)
    monkeypatch.setattr(DirectMixin, "finish", lambda view, upload: setattr(upload, "file", photo))
    succeed("uploads_parts", key=upload.public_id, json={"numbers": [1]})
    parts = [{"number": 1, "etag": "a"}]
    succeed("uploads_complete", key=upload.public_id, json={"parts": parts})


def lists_show_every_kind_of_row(succeed, photo, admin):
    record_download(file=photo, user=admin)
    make_tier(max_file_size=1, quota_bytes=2, quota_files=3)
    by = signed_in(admin)
    assert "count" not in succeed("files_list", query="?cursor=&page_size=1").json()
    for id, key in (
        ("files_downloads", photo.public_id),
        ("organizations_files", photo.organization_id),
        ("organizations_downloads", photo.organization_id),
        ("users_downloads", admin.pk),
        ("downloads_list", ()),
        ("tiers_list", ()),
    ):
        assert succeed(id, key=key, by=by).json()["results"], id


def bytes_are_sent(succeed, photo, locked):
    open_link = token_of(make_link(photo))
    for id, key in (
        ("files_content", photo.public_id),
        ("files_rendition", (photo.public_id, 200)),
        ("shared_content", open_link),
    ):
        for headers, status in (
            ({}, 200),
            ({"Range": "bytes=0-3"}, 206),
            ({"If-None-Match": "*"}, 304),
        ):
            assert succeed(id, key=key, headers=headers).status_code == status, id
    ahead = succeed("shared_content", key=open_link, headers={"Sec-Purpose": "prefetch"})
    assert ahead.status_code == 204
    token, json = token_of(locked), {"password": "heron-lamp-42"}
    opened = succeed("shared_open", key=token, by=Client(), json=json)
    query = f"?{urlsplit(opened.headers['Location']).query}"
    assert succeed("shared_content", key=token, by=Client(), query=query).status_code == 200
    ticket = urlsplit(
        succeed("files_ticket", key=photo.public_id, json={"height": 200}).json()["url"]
    )
    key, query = (photo.public_id, 200), f"?{ticket.query}"
    assert succeed("files_rendition", key=key, by=Client(), query=query).status_code == 200


def links_are_made_and_end(succeed, contract, photo, locked):
    values = {"label": "A label.", "expires_in": 600, "max_downloads": 5}
    new = values | {"password": PASSWORD, "rendition": 200}
    made = succeed("files_links_create", key=photo.public_id, json=new)
    assert made.status_code == 201
    succeed("links_update", key=made.json()["id"], json=values | {"expires_in": None})
    assert succeed("files_links", key=photo.public_id).json()["count"] == 2
    make_link(photo, max_downloads=1, used=1)
    make_link(photo, expires_at="2020-01-01T00:00:00Z")
    assert succeed("links_revoke", key=locked.public_id).status_code == 204
    for state in contract.parameters("links_list")["state"]["schema"]["enum"]:
        rows = succeed("links_list", query=f"?state={state}").json()["results"]
        assert {row["state"] for row in rows} == {state}
    assert succeed("links_retrieve", key=locked.public_id).json()["time_left"] == 0


def organizations_and_members_come_and_go(succeed, admin):
    by, query, values = signed_in(admin), "?expand=members", {"name": "A", "description": "B"}
    made = succeed("organizations_create", by=by, json=values, query=query)
    assert (made.status_code, len(made.json()["members"])) == (201, 1)
    key = made.json()["id"]
    succeed("organizations_update", key=key, by=by, json=values)
    succeed("organizations_list", by=by, query=query)
    assert "members" not in succeed("organizations_retrieve", key=key, by=by).json()
    succeed("organizations_usage", key=key, by=by)
    new, other = make_user("new"), make_organization("Other")
    join(other, new)
    join(other, admin)
    added = succeed("members_create", key=key, by=by, json={"user": new.pk, "role": "viewer"})
    assert added.status_code == 201
    for role in Role.values:
        succeed("members_update", key=(key, new.pk), by=by, json={"role": role})
    succeed("members_list", key=key, by=by)
    succeed("members_delete", key=(key, new.pk), by=by)
    succeed("organizations_delete", key=key, by=by)


def users_are_managed(succeed, user, operator, superuser):
    make_avatar(user)
    assert succeed("users_avatar", key=user.pk).status_code == 200
    as_operator = succeed("users_retrieve", key=user.pk, by=signed_in(operator)).json()
    assert {*as_operator} - {*succeed("users_retrieve", key=user.pk).json()} == {
        *("is_active", "file_count", "bytes_stored", "storage_paths")
    }
    succeed("users_list", by=signed_in(operator))
    json = {"is_active": False, "is_staff": True}
    succeed("users_update", key=user.pk, by=signed_in(superuser), json=json)
    succeed("users_delete", key=user.pk, by=signed_in(superuser))


def accounts_come_and_go(succeed):
    profile = {"email": "new@example.com", "first_name": "A", "last_name": "B", "phone": ""}
    credentials = {"email": profile["email"], "password": PASSWORD}
    made = succeed("auth_register", by=Client(), json=profile | credentials)
    assert made.status_code == 201
    pair = succeed("token_obtain", by=Client(), json=credentials).json()
    refresh = {"refresh": pair["refresh"]}
    refresh = {"refresh": succeed("token_refresh", by=Client(), json=refresh).json()["refresh"]}
    succeed("token_blacklist", by=Client(), json=refresh)
    browser = Client(enforce_csrf_checks=True)
    succeed("auth_login", by=browser, json=credentials)
    csrf = {"X-Csrftoken": browser.cookies["csrftoken"].value}
    succeed("users_me_retrieve", by=browser)
    change = profile | {"phone": "+4930123456"}
    succeed("users_me_update", by=browser, json=change, headers=csrf)
    picture = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(picture, "JPEG")
    form = {"data": closed(part("avatar", picture.getvalue(), "a.jpg")), "content_type": MULTIPART}
    stored = succeed("users_me_avatar_update", by=browser, headers=csrf, **form)
    assert stored.json()["avatar_url"]
    succeed("users_me_avatar_delete", by=browser, headers=csrf)
    passwords = {"old_password": PASSWORD, "new_password": "Wrong-horse-8"}
    succeed("users_me_password", by=browser, json=passwords, headers=csrf)
    csrf = {"X-Csrftoken": browser.cookies["csrftoken"].value}
    succeed("auth_logout", by=browser, headers=csrf)
    browser.login(email=profile["email"], password="Wrong-horse-8")
    succeed("users_me_delete", by=browser, headers=csrf)
