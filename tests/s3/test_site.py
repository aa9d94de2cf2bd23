"""A site with its bytes in S3: every call, and a store that fails."""

from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from org_files import get_file_model
from org_files.files.verification import verify_store
from org_files.models import Download, Rendition
from org_files.serving import serve_archive
from org_files.storage.listing import stored_keys
from org_files.testing.factories import make_stored_file
from tests.accounts.clients import AVATAR
from tests.accounts.pictures import photo, put, shown
from tests.commands.conftest import run
from tests.files.proof import prove_that_all_damage_is_found
from tests.rest.requests import UPLOAD, closed, part, post_file, send
from tests.s3.conftest import BACKEND

__all__ = ["run"]

pytestmark = [pytest.mark.s3, pytest.mark.django_db(transaction=True)]

MIB = 1024 * 1024


def content(client, id, **headers):
    return client.get(f"/api/files/{id}/content/", headers=headers)


def test_file__goes_in_and_out_by_ranges_and_head(client, store):
    # In several parts, out of a file that gives what a client sends, in short reads.
    data = bytes(range(251)) * (20 * MIB // 251)
    uploaded = post_file(client, data, "über.bin")
    assert uploaded.status_code == 201, uploaded.content
    id = uploaded.json()["id"]

    whole = content(client, id)
    assert (whole.status_code, whole.getvalue() == data) == (200, True)
    assert whole.headers["Content-Disposition"].startswith("attachment; ")
    for value, expected in (
        ("bytes=3-6", data[3:7]),
        (f"bytes={8 * MIB - 5}-{8 * MIB + 4}", data[8 * MIB - 5 : 8 * MIB + 5]),
        ("bytes=-7", data[-7:]),
    ):
        part_ = content(client, id, Range=value)
        assert (part_.status_code, part_.getvalue()) == (206, expected)
    assert content(client, id, Range="bytes=99999999-").status_code == 416
    etag = whole.headers["ETag"]
    assert content(client, id, **{"If-None-Match": etag}).status_code == 304
    head = client.head(f"/api/files/{id}/content/")
    assert (head.headers["Content-Length"], head.content) == (str(len(data)), b"")
    assert Download.objects.count() == 1


def test_archive__is_read_in_parts_and_names_what_is_missing(organization, user, store, down):
    large = bytes(range(251)) * (20 * MIB // 251)
    files = [
        make_stored_file(organization, name=f"{number}.bin", content=content)
        for number, content in enumerate((b"some bytes", b"lost bytes", large))
    ]
    store.delete(files[1].content.name)

    def archive():
        ids = [file.public_id for file in files]
        return serve_archive(RequestFactory().get("/"), ids, user=user)

    with ZipFile(BytesIO(archive().getvalue())) as found:
        assert found.namelist() == ["0.bin", "2.bin", "MISSING.txt"]
        assert (found.read("0.bin"), found.read("2.bin")) == (b"some bytes", large)
    blocks = iter(archive())
    sent = sum(len(next(blocks)) for _ in range(9))
    down()
    with pytest.raises(OSError, match="Could not connect"):
        sent += sum(map(len, blocks))
    assert MIB < sent < len(large)
    assert Download.objects.filter(file_public_id=files[1].public_id).count() == 0
    assert Download.objects.count() == 4


def test_content_type_of_a_client__is_not_the_stores(client, store, keys):
    bad = 'Content-Type: text/html; x="\u2028"'
    body = closed(part("file", b"<script>", "a.html", bad))
    assert send(client, UPLOAD, body).status_code == 201
    assert store.bucket.Object(keys()[0]).content_type == "application/octet-stream"


def test_picture_and_avatar__are_made_and_shown(client, keys):
    id = post_file(client, photo(800, 600), "a.jpg").json()["id"]
    assert shown(client, f"/api/files/{id}/renditions/200/").height == 200
    assert Rendition.objects.get(height=200).key in keys()
    avatar = put(client, photo(300, 400)).json()["avatar_url"]
    assert shown(client, avatar).width == 200
    assert client.delete(AVATAR).status_code == 204
    assert not [key for key in keys() if key.startswith("avatars/")]


def test_trash_and_deletion__take_the_bytes_along(client, keys):
    id = post_file(client).json()["id"]
    assert client.delete(f"/api/files/{id}/").status_code == 204
    assert len(keys()) == 1
    assert client.post(f"/api/files/{id}/restore/").status_code == 200
    assert content(client, id).getvalue() == b"some bytes"
    assert client.delete(f"/api/files/{id}/").status_code == 204
    get_file_model()._base_manager.update(deleted_at=timezone.now() - timedelta(days=31))
    call_command("org_files_maintenance")
    assert keys() == []


def test_verify__finds_an_object_that_was_changed(client, store, keys):
    for number in range(2):
        post_file(client, b"some bytes", f"{number}.txt")
    changed, _ = keys()
    store.bucket.Object(changed).put(Body=b"same bytes")

    found = {finding.key: finding.kind for finding in verify_store(deep=True).findings}

    assert found == {changed: "digest"}


def test_all_damage__is_found_and_repaired_where_it_can_be(store, run, monkeypatch):
    prove_that_all_damage_is_found(run, monkeypatch)


def test_verify__asks_for_no_object_by_itself(client, store):
    for number in range(3):
        post_file(client, b"some bytes", f"{number}.txt")
    orphan = "0" * 24 + "/none/" + "0" * 32
    store.bucket.Object(orphan).put(Body=b"x")
    asked = []
    events = store.connection.meta.client.meta.events
    events.register("provide-client-params.s3.HeadObject", lambda params, **_: asked.append(params))

    report = verify_store()

    assert report.checked == {"files": 3, "uploads": 0, "renditions": 0, "avatars": 0, "blobs": 4}
    # It is young: an upload may be about to write its row.
    assert report.findings == []
    assert {params["Key"] for params in asked} == {".org_files_owner"}


def test_move__takes_files_from_disk_to_a_bucket_and_back(client, s3_server, settings):
    bucket = {"BACKEND": BACKEND, "OPTIONS": s3_server.options()}
    settings.STORAGES = settings.STORAGES | {"bucket": bucket}
    contents = {post_file(client, data).json()["id"]: data for data in (b"one", b"two")}
    for old, new in (("org_files", "bucket"), ("bucket", "org_files")):
        command = ("org_files_move_storage", f"--to={new}", "--delete", "--grace=0")
        call_command(*command, stdout=StringIO())
        for id, data in contents.items():
            assert content(client, id).getvalue() == data
        assert sum(1 for _ in stored_keys(storages[old])) == 0
        assert verify_store(deep=True).findings == []


def test_bucket_that_is_missing__fails_the_health_check(client, s3_server, settings):
    missing = s3_server.options() | {"bucket_name": "nothing-is-here"}
    entry = {"BACKEND": BACKEND, "OPTIONS": missing}
    settings.STORAGES = settings.STORAGES | {"org_files": entry}
    assert client.get("/api/health/").json()["checks"]["storage"] == "failing"


def test_store_that_is_down__refuses_bytes_alone(client, down):
    id = post_file(client).json()["id"]
    down()
    for response in (
        content(client, id),
        content(client, id, Range="bytes=1-2"),
        post_file(client),
    ):
        assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
        assert int(response.headers["Retry-After"]) > 0
    for path in ("/api/files/", f"/api/files/{id}/", "/api/organizations/"):
        assert client.get(path).status_code == 200
    assert client.head(f"/api/files/{id}/content/").status_code == 200
    assert client.delete(f"/api/files/{id}/").status_code == 204
    get_file_model()._base_manager.get().delete()
    assert Download.objects.count() == 0


@pytest.mark.parametrize("replaced", [None, b"short", b"same bytez, longer"])
def test_object_that_is_not_the_files__is_content_unavailable(client, store, keys, replaced):
    id = post_file(client).json()["id"]
    [key] = keys()
    if replaced is None:
        store.delete(key)
    else:
        store.bucket.Object(key).put(Body=replaced)
    response = content(client, id)
    assert (response.status_code, response.json()["code"]) == (503, "content_unavailable")


def test_keys_that_the_store_refuses__are_storage_unavailable(client, store, settings):
    id = post_file(client).json()["id"]
    options = settings.STORAGES["org_files"]["OPTIONS"] | {"secret_key": "wrong"}
    settings.STORAGES = settings.STORAGES | {"org_files": {"BACKEND": BACKEND, "OPTIONS": options}}
    response = content(client, id)
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert b"wrong" not in response.content
