"""Sessions: who sees them, what they reserve, how they end, and what is left of them."""

from contextlib import suppress
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import get_file_model, signals
from org_files.exceptions import QuotaExceeded
from org_files.files import purge_file
from org_files.maintenance import run_job
from org_files.models import Membership, Role, Upload, Usage
from org_files.storage.disk import FOLDER
from org_files.testing.factories import make_user
from org_files.testing.threads import at_once
from org_files.uploads import ending, taking
from org_files.uploads.appending import Body, append
from org_files.uploads.ending import cancel_upload, expired_uploads
from org_files.uploads.exceptions import TooManyUploads, UploadSuperseded
from org_files.uploads.services import create_upload, find_upload
from org_files.uploads.taking import taken
from tests.uploads.conftest import Api, digest, encoded, session

pytestmark = pytest.mark.django_db(transaction=True)


def partial_files():
    folder = Path(django_settings.STORAGES["org_files"]["OPTIONS"]["location"]) / FOLDER
    return sorted(folder.iterdir()) if folder.exists() else []


def open_files():
    """Return the partial files, removed ones included, that this process has open."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(each.readlink()))
    return [path for path in found if FOLDER in path]


def expire():
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def verify():
    out = StringIO()
    call_command("org_files_verify", "--deep", stdout=out)
    return out.getvalue()


def test_foreign_expired_and_cancelled_sessions__are_like_missing_ones(api, org_files_client):
    foreign = Api(org_files_client(make_user("other", is_staff=True)))
    paths = [api.create(10) for _ in range(3)]
    api.append(paths[1], 0, b"012")
    api.tus("DELETE", paths[1])
    Upload.objects.filter(pk=session(paths[2]).pk).update(expires_at=timezone.now())
    missing = f"/api/uploads/{'0' * 32}/"
    malformed = "/api/uploads/x/"

    def answers(client, path):
        sent = (
            client.tus("HEAD", path),
            client.append(path, 0, b"0"),
            client.tus("DELETE", path),
            client.draft("PATCH", path, b"0", Upload_Offset=0, Upload_Complete="?0"),
            client.send("GET", path),
        )
        return [(each.status_code, each.content, sorted(each.headers.items())) for each in sent]

    expected = answers(api, missing)
    assert {status for status, *_ in expected} == {404}
    assert answers(api, malformed) == expected
    assert answers(api, paths[1]) == expected
    assert answers(api, paths[2]) == expected
    assert answers(foreign, paths[0]) == expected
    assert session(paths[0]).offset == 0


def test_quota__is_reserved_exactly(organization, organization_member, settings):
    settings.ORG_FILES = {"QUOTA_BYTES": 10_000, "UPLOADS": {"MAX_PER_USER": None}}

    def create(number):
        try:
            return create_upload(
                organization=organization, owner=organization_member, name="a", length=1000
            )
        except QuotaExceeded:
            return None

    made = at_once(lambda number=number: create(number) for number in range(32))
    assert len(list(filter(None, made))) == 10
    usage = Usage.objects.get(organization=organization)
    assert (usage.bytes_reserved, usage.files_reserved) == (10_000, 10)
    with pytest.raises(QuotaExceeded):
        create_upload(organization=organization, owner=organization_member, name="a", length=1)
    assert "usage: 1 organizations verified" in verify()


def test_number_of_sessions__is_limited_exactly(organization, organization_member, settings):
    settings.ORG_FILES = {"UPLOADS": {"MAX_PER_USER": 5}}

    def create():
        try:
            create_upload(organization=organization, owner=organization_member, name="a", length=1)
        except TooManyUploads:
            return 0
        return 1

    assert sum(at_once([create] * 16)) == 5
    assert Upload.objects.count() == 5


def test_reserved_bytes__count_for_the_form(api, settings):
    settings.ORG_FILES = {"QUOTA_BYTES": 10}
    api.create(8)
    url = "/api/files/?name=a"
    response = api.draft("POST", url, b"012", Upload_Complete="?1")
    assert (response.status_code, response.json()["code"]) == (413, "quota_exceeded")
    assert "Upload-Limit" in response.headers
    assert api.draft("POST", url, b"01", Upload_Complete="?1").status_code == 201


def test_limits__are_checked_when_a_session_is_created(api, settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 5, "ALLOWED_TYPES": ["text/plain"]}
    named = {"Upload_Metadata": encoded(filename="a.pdf"), "Upload_Length": 5}
    assert api.tus("POST", "uploads/", **named).status_code == 415
    settings.ORG_FILES = {"MAX_FILE_SIZE": 5}
    assert api.tus("POST", "uploads/", Upload_Length=6).status_code == 413
    path = api.create()
    assert api.append(path, 0, b"012345").status_code == 413
    assert not Upload.objects.exists()


def test_right_that_ended__ends_the_session(api, organization, organization_member, reserved):
    path = api.create(4)
    api.append(path, 0, b"01")
    Membership.objects.filter(user=organization_member).update(role=Role.VIEWER)
    assert api.append(path, 2, b"23").status_code == 403
    assert not get_file_model().objects.exists()
    assert reserved() == ((0, 0), (0, 0))
    assert partial_files() == []


def test_account_that_is_disabled_while_the_body_arrives__makes_no_file(
    api, organization_member, reserved
):
    path = api.create(4)

    class Stream(BytesIO):
        def read(self, size=-1):
            type(organization_member).objects.update(is_active=False)
            return super().read(size)

    last = api.client.generic(
        *("PATCH", path),
        content_type="application/offset+octet-stream",
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
        CONTENT_LENGTH="4",
        **{"wsgi.input": Stream(b"0123")},
    )
    assert last.status_code == 403
    assert not get_file_model().objects.exists()
    assert reserved() == ((0, 0), (0, 0))


def test_job__removes_what_has_expired(api, reserved):
    api.append(api.create(10), 0, b"01234")
    done = api.create(3)
    api.append(done, 0, b"abc")
    expire()
    assert run_job("uploads", dry_run=True) | {"files": 0, "bytes": 0} == {
        "sessions": 2,
        "session_bytes": 5,
        "files": 0,
        "bytes": 0,
    }
    counted = run_job("uploads")
    assert (counted["sessions"], counted["session_bytes"]) == (2, 5)
    assert not expired_uploads(timezone.now()).exists()
    assert reserved() == ((0, 0), (3, 1))
    assert partial_files() == []
    assert get_file_model().objects.count() == 1


def test_verify__knows_the_bytes_of_sessions(api):
    path = api.create(10)
    api.append(path, 0, b"01234")
    assert "1 uploads" in verify()
    [partial] = partial_files()
    partial.write_bytes(b"0123")
    with pytest.raises(SystemExit):
        verify()
    assert api.tus("HEAD", path).status_code == 410
    partial.unlink()
    assert api.append(path, 5, b"5").json()["code"] == "upload_lost"


def test_lost_answer_of_a_tus_client__completes_the_session(api):
    path = api.create(5)
    upload = session(path)
    # As a process that is killed between the last byte and the file.
    with taken(find_upload(upload.public_id, upload.owner)) as held:
        assert append(held, Body([b"01234"], 5))
    head = api.tus("HEAD", path)
    assert head.headers["Upload-Offset"] == "5"
    assert "Org-Files-Location" in head.headers


@pytest.mark.parametrize("protocol", ["tus", "draft"])
def test_request_during_the_making_of_the_file__does_not_end_it(
    api, monkeypatch, reserved, protocol
):
    monkeypatch.setattr(taking, "WAIT_SECONDS", 0.1)
    path = api.create(5)
    store_file, heads = ending.store_file, []

    def look(**values):
        if not heads:
            heads.append(None)
            heads[0] = getattr(api, protocol)("HEAD", path)
        return store_file(**values)

    monkeypatch.setattr(ending, "store_file", look)
    last = api.append(path, 0, b"01234")
    assert (last.status_code, heads[0].headers["Upload-Offset"]) == (204, "5")
    [file] = get_file_model().objects.all()
    assert str(file.public_id) in last.headers["Org-Files-Location"]
    assert ("Org-Files-Location" in heads[0].headers) == (protocol == "tus")
    assert reserved() == ((0, 0), (5, 1))
    assert partial_files() == []


def test_bytes_of_a_request_that_was_cut__count(organization, organization_member):
    upload = create_upload(
        organization=organization, owner=organization_member, name="a", length=10
    )
    with taken(find_upload(upload.public_id, organization_member)) as held:
        body = Body([b"012"], 10, is_cut=True)
        assert not append(held, body)
        assert held.upload.offset == 3
    with taken(find_upload(upload.public_id, organization_member)) as held:
        assert held.upload.offset == 3


def test_request_that_cannot_be_ended__writes_to_bytes_of_its_own(
    organization, organization_member, monkeypatch
):
    monkeypatch.setattr(taking, "WAIT_SECONDS", 0.1)
    upload = create_upload(organization=organization, owner=organization_member, name="a", length=6)

    def blocks():
        yield b"xx"
        with taken(find_upload(upload.public_id, organization_member)) as second:
            assert append(second, Body([b"012"], 3))
        yield b"yy"

    with (
        taken(find_upload(upload.public_id, organization_member)) as first,
        pytest.raises(UploadSuperseded),
    ):
        append(first, Body(blocks(), 6))
    with taken(find_upload(upload.public_id, organization_member)) as third:
        assert third.upload.offset == 3
        assert append(third, Body([b"345"], 3))
    [partial] = partial_files()
    assert partial.read_bytes() == b"012345"
    assert open_files() == []


@pytest.mark.parametrize("column", ["writer", "offset", "length", "key"])
def test_row_that_changed_since_it_was_read__is_read_again(
    organization, organization_member, column
):
    upload = create_upload(organization=organization, owner=organization_member, name="a")
    with taken(find_upload(upload.public_id, organization_member)) as held:
        append(held, Body([b"012"], 3))
    known = find_upload(upload.public_id, organization_member)
    value = {"writer": 7, "offset": 2, "length": 9, "key": f"{FOLDER}/{'0' * 32}"}[column]
    [partial] = partial_files()
    Upload.objects.filter(pk=upload.pk).update(**{column: value})
    if column == "key":
        partial.rename(partial.with_name("0" * 32))
    with taken(known) as held:
        row = Upload.objects.get(pk=upload.pk)
        # One more, of this request.
        assert getattr(held.upload, column) == (8 if column == "writer" else value)
        assert row.writer == held.upload.writer
        assert append(held, Body([b"3"], 1))
    assert open_files() == []


def test_append__takes_three_statements(api):
    path = api.create(9)
    api.append(path, 0, b"012")
    with CaptureQueriesContext(connection) as queries:
        assert api.append(path, 3, b"345").status_code == 204
    table = connection.ops.quote_name(Upload._meta.db_table)
    own = [each["sql"].partition(" ")[0] for each in queries if table in each["sql"]]
    assert own == ["SELECT", "UPDATE", "UPDATE"]


def test_session_that_is_cancelled_while_a_request_waits__is_not_held(api, monkeypatch):
    path = api.create(10)
    api.append(path, 0, b"01234")
    wait = taking._held

    def cancel(upload):
        held = wait(upload)
        cancel_upload(upload)
        return held

    monkeypatch.setattr(taking, "_held", cancel)
    assert api.tus("HEAD", path).status_code == 404
    assert open_files() == []


def test_sessions_of_a_user_who_is_removed__end(api, organization_member, reserved):
    api.append(api.create(10), 0, b"01234")
    organization_member.delete()
    assert not Upload.objects.exists()
    assert reserved() == ((0, 0), (0, 0))
    assert partial_files() == []


def test_file_that_is_purged__takes_its_session_along(api, reserved):
    path = api.create(3)
    api.append(path, 0, b"abc")
    purge_file(file=get_file_model().objects.get())
    assert api.tus("HEAD", path).status_code == 404
    assert reserved() == ((0, 0), (0, 0))


def test_digest_that_is_not_known__is_made_once(api):
    path, wanted = api.create(5), {"Want_Repr_Digest": "sha-512=3"}
    made = api.append(path, 0, b"hello", **wanted)
    assert made.headers["Repr-Digest"].startswith("sha-512=:")
    assert "Repr-Digest" not in api.tus("HEAD", path, **wanted).headers
    known = api.tus("HEAD", path, Want_Repr_Digest="sha-256=3")
    assert known.headers["Repr-Digest"] == digest(b"hello")


def test_signals(api):
    heard = []

    def hear(signal, **values):
        heard.append((signal, values["upload"].name, values.get("reason")))

    names = {
        signals.upload_started: "started",
        signals.upload_completed: "completed",
        signals.upload_cancelled: "cancelled",
    }
    for signal in names:
        signal.connect(hear, sender=Upload)
    try:
        named = {"Upload_Metadata": encoded(filename="a.txt")}
        api.append(api.create(3, **named), 0, b"abc")
        api.tus("DELETE", api.create(3, **named))
    finally:
        for signal in names:
            signal.disconnect(hear, sender=Upload)
    assert [(names[signal], name, reason) for signal, name, reason in heard] == [
        ("started", "a.txt", None),
        ("completed", "a.txt", None),
        ("started", "a.txt", None),
        ("cancelled", "a.txt", "cancelled"),
    ]


def test_admin__shows_progress_and_cancels(api, org_files_client, reserved):
    api.append(api.create(10, Upload_Metadata=encoded(filename="film.mp4")), 0, b"01234")
    upload = Upload.objects.get()
    admin = org_files_client(make_user("root", is_staff=True, is_superuser=True))
    page = admin.get("/admin/org_files/upload/").content.decode()
    assert "film.mp4" in page
    assert "50 %" in page
    shown = admin.get(f"/admin/org_files/upload/{upload.pk}/change/").content.decode()
    assert str(upload.public_id) not in page + shown
    admin.post(f"/admin/org_files/upload/{upload.pk}/delete/", {"post": "yes"})
    assert reserved() == ((0, 0), (0, 0))
