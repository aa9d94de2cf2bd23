"""``serve_archive`` in a host's own view: many files as one ZIP."""

import errno
import logging
import os
import tracemalloc
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BufferedReader, BytesIO
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone
from rest_framework.decorators import api_view

from org_files import counters, get_file_model
from org_files.exceptions import OriginalNotInTier, TooManyFiles
from org_files.files import purge_file, trash_file
from org_files.models import Download
from org_files.serving import serve_archive
from org_files.storage import original_storage
from org_files.testing.counters import read_totals
from org_files.testing.factories import (
    join,
    make_organization,
    make_stored_file,
    make_tier,
    make_user,
    subscribe,
)
from org_files.testing.storages import WatchedStorage
from org_files.testing.threads import at_once
from tests.delivery.test_streaming import ask_asgi

CONTENT = bytes(range(251)) * 4000


def plain(request):
    ids = request.POST or request.GET
    return serve_archive(request, ids.getlist("id"), user=request.user, name="über.zip")


@api_view(["GET"])
def api(request):
    return serve_archive(request, request.query_params.getlist("id"), user=request.user)


def whole(request):
    files = get_file_model()._base_manager.order_by("pk")
    return serve_archive(request, files.values_list("public_id", flat=True), user=OPERATOR)


urlpatterns = [path("", whole), path("plain/", plain), path("api/", api)]

OPERATOR = SimpleNamespace(pk=None, is_staff=True)


class Store(WatchedStorage):
    """A storage whose bytes end in an error, at the position that a test sets for a key."""

    broken = {}

    def _open(self, name, mode="rb"):
        file = super()._open(name, mode)
        if name in self.broken:
            file.file = Broken(file.file.detach())
            file.file.end = self.broken[name]
        return file


class Broken(BufferedReader):
    """An open file that gives no byte beyond ``end``."""

    def read(self, size):
        if self.tell() + size > self.end:
            raise OSError(errno.EIO, "told to fail")
        return super().read(size)


@pytest.fixture
def store(settings, tmp_path):
    options = {"location": str(tmp_path)}
    entry = {"BACKEND": f"{__name__}.Store", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"org_files": entry}
    yield original_storage()
    Store.broken.clear()


@pytest.fixture
def organization(db, store, settings):
    settings.ROOT_URLCONF = __name__
    return make_organization()


@pytest.fixture
def user(organization):
    return join(organization, make_user()).user


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def files(organization):
    names = ("a.txt", "b.txt", "a.txt")
    return [make_stored_file(organization, name=name, content=CONTENT) for name in names]


def get(client, files, kind="plain", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/{kind}/", {"id": [ids(file) for file in files]}, headers=names)


def ids(file):
    return getattr(file, "public_id", file)


def contents(response):
    with ZipFile(BytesIO(response.getvalue())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def counted(files):
    """Return the numbers of downloads, by totals that agree with the ledger."""
    assert counters.verify().findings == []
    return [read_totals(file).file for file in files]


@pytest.mark.parametrize("kind", ["plain", "api"])
def test_archive__has_all_files_in_order_and_counts_each_once(client, user, files, store, kind):
    for number in (1, 2):
        response = get(client, [*files, files[0]], kind)
        assert response.status_code == 200
        assert list(contents(response).items()) == [
            ("a.txt", CONTENT),
            ("b.txt", CONTENT),
            ("a (2).txt", CONTENT),
        ]
        assert counted(files) == [number] * 3
    assert {row.user_id for row in Download.objects.all()} == {user.pk}
    assert store.all_closed


def test_headers__promise_neither_length_nor_validator(client, files, store):
    expected = {
        "Content-Type": "application/zip",
        "Content-Disposition": "attachment; filename=\"uber.zip\"; filename*=utf-8''%C3%BCber.zip",
        "Accept-Ranges": "none",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    store.opened.clear()
    head = client.head("/plain/", query_params={"id": [ids(file) for file in files]})
    assert (head.getvalue(), counted(files), store.opened) == (b"", [0] * 3, [])

    for response in (head, get(client, files)):
        assert expected.items() <= dict(response.items()).items()
        assert response.headers["Content-Security-Policy"].endswith("; sandbox")
        assert not {"Content-Length", "ETag", "Last-Modified"} & {*response.headers}


def test_ranges_conditions_and_compression__change_nothing(client, files, settings):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]

    for headers in ({"Range": "bytes=0-9"}, {"If_None_Match": "*"}, {"Accept_Encoding": "gzip"}):
        response = get(client, files, **headers)
        assert response.status_code == 200
        assert len(contents(response)) == 3
    assert counted(files) == [3] * 3


def test_times__are_in_the_zone_of_the_request(rf, files):
    created = datetime(2024, 2, 29, 23, 30, tzinfo=UTC)
    get_file_model()._base_manager.update(created_at=created)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        response = serve_archive(rf.get("/"), map(ids, files), user=OPERATOR)

    with ZipFile(BytesIO(response.getvalue())) as archive:
        assert archive.getinfo("a.txt").date_time == (2024, 3, 1, 8, 30, 0)


def test_form__takes_more_ids_than_a_url(client, files):
    response = client.post("/plain/", {"id": [ids(file) for file in files]})

    assert len(contents(response)) == 3
    assert counted(files) == [1] * 3


def test_file_that_is_not_seen__refuses_the_whole_archive(client, files, organization):
    foreign = make_stored_file(make_organization("Globex"))
    trashed, expired = (make_stored_file(organization) for _ in range(2))
    trash_file(file=trashed)
    get_file_model()._base_manager.filter(pk=expired.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    upper = str(files[0].public_id).upper()
    for unseen in (foreign, trashed, expired, uuid4(), upper, "../a", "\0", ""):
        for ask in (get, lambda c, f: c.head("/plain/", query_params={"id": [*map(ids, f)]})):
            with pytest.raises(get_file_model().DoesNotExist):
                ask(client, [*files, unseen])
    with pytest.raises(get_file_model().DoesNotExist):
        get(client, [])
    assert counted([*files, foreign]) == [0] * 4


def test_file_that_is_trashed_before_it_is_counted__refuses_the_whole_archive(
    client, files, monkeypatch
):
    grant = counters.grant_downloads

    def late(*args, **options):
        trash_file(file=files[1])
        return grant(*args, **options)

    monkeypatch.setattr(counters, "grant_downloads", late)

    with pytest.raises(get_file_model().DoesNotExist):
        get(client, files)
    assert counted(files) == [0] * 3


def test_original_that_a_tier_excludes__refuses_the_whole_archive(client, files, user):
    other = join(make_organization("Globex"), user).organization
    subscribe(other, make_tier(allow_original=False))
    document = make_stored_file(other)
    picture = make_stored_file(other, content_type="image/png")

    for ask in (get, lambda c, f: c.head("/plain/", query_params={"id": [*map(ids, f)]})):
        with pytest.raises(OriginalNotInTier):
            ask(client, [*files, picture])
    assert counted([*files, document]) == [0] * 4
    assert len(contents(get(client, [*files, document]))) == 4


def test_more_files_than_the_limit__are_refused(user):
    many = [UUID(int=number) for number in range(1000)]

    with pytest.raises(TooManyFiles) as refusal:
        serve_archive(None, [*many, uuid4()], user=None)
    assert (refusal.value.code, refusal.value.limit) == ("too_many_files", 1000)
    assert "1000" in refusal.value.message
    with pytest.raises(get_file_model().DoesNotExist):
        serve_archive(RequestFactory().get("/"), [*many, *many], user=user)


def lose(file):
    Path(file.content.path).unlink()


def cut(file):
    Path(file.content.path).write_bytes(CONTENT[:-1])


def purge(file):
    purge_file(file=file)


def break_first_read(file):
    Store.broken[file.content.name] = 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("damage", [lose, cut, purge, break_first_read])
def test_missing_bytes__are_not_counted_and_are_named(client, files, store, damage, caplog):
    response = get(client, files)
    assert counted(files) == [1] * 3
    gone = files[0], files[2]
    for file in gone:
        damage(file)

    with caplog.at_level(logging.ERROR):
        found = contents(response)

    assert list(found) == ["b.txt", "MISSING.txt"]
    assert found["b.txt"] == CONTENT
    assert found["MISSING.txt"].decode().splitlines()[2:] == ["a.txt", "a (2).txt"]
    assert Download.objects.get().file_public_id == files[1].public_id
    assert counters.verify().findings == []
    failed = [record for record in caplog.records if record.outcome == "failed"]
    assert {record.object_id for record in failed} == {str(ids(file)) for file in gone}
    assert {record.address for record in failed} == {"127.0.0.1"}
    assert store.all_closed


def test_archive_without_any_bytes__says_so(client, files):
    for file in files:
        lose(file)

    assert list(contents(get(client, files))) == ["MISSING.txt"]
    assert counted(files) == [0] * 3


def test_file_named_missing__keeps_apart_from_the_list(client, organization):
    files = [make_stored_file(organization, name=name) for name in ("Missing.TXT", "a.txt")]
    lose(files[1])

    assert list(contents(get(client, files))) == ["Missing (2).TXT", "MISSING.txt"]


def test_file_that_is_moved_meanwhile__is_sent(client, files, settings, tmp_path):
    other = {"BACKEND": f"{__name__}.Store", "OPTIONS": {"location": str(tmp_path / "other")}}
    settings.STORAGES = settings.STORAGES | {"other": other}
    response, moved = get(client, files), files[1]
    (tmp_path / "other" / moved.content.name).parent.mkdir(parents=True)
    Path(moved.content.path).rename(tmp_path / "other" / moved.content.name)
    get_file_model()._base_manager.filter(pk=moved.pk).update(storage_alias="other")

    assert contents(response)["b.txt"] == CONTENT
    assert counted(files) == [1] * 3


def test_store_that_breaks_within_a_file__breaks_the_archive_off(client, files, store):
    lose(files[0])
    Store.broken[files[1].content.name] = 300_000
    response, sent = get(client, files), []

    with pytest.raises(OSError, match="told to fail"):
        sent.extend(response)

    assert sum(map(len, sent)) > 200_000
    with pytest.raises(BadZipFile):
        ZipFile(BytesIO(b"".join(sent)))
    # What was begun was granted, and what was never there was not.
    assert counted(files) == [0, 1, 1]
    assert store.all_closed


@pytest.mark.django_db(transaction=True)
def test_client_that_goes_away__leaves_no_open_file_and_no_wrong_count(client, files, store):
    lose(files[0])
    for blocks in (0, 2):
        response = get(client, files)
        for _ in range(blocks):
            next(iter(response))
        response.close()
        assert all(file.closed for file in store.opened)
    assert counted(files) == [1, 2, 2]


def test_downloads_that_cannot_be_taken_back__are_logged(client, files, monkeypatch, caplog):
    def fail(downloads):
        raise DatabaseError

    monkeypatch.setattr(counters, "withdraw_downloads", fail)
    lose(files[0])

    with pytest.raises(DatabaseError):
        get(client, files).getvalue()
    assert "1 downloads without bytes stay counted" in caplog.text


@pytest.mark.parametrize("backend", ["Buffered", "FrontServer", "Redirect"])
def test_each_way_out__is_streamed_by_the_site(client, files, settings, backend):
    delivery = {"BACKEND": f"tests.delivery.backends.{backend}"}
    settings.ORG_FILES = settings.ORG_FILES | {"DELIVERY": delivery}

    assert len(contents(get(client, files))) == 3
    assert counted(files) == [1] * 3


@pytest.mark.django_db(transaction=True)
def test_archives_while_files_are_removed__count_what_they_have(organization, store):
    files = [make_stored_file(organization, name=f"{n}.txt", content=CONTENT) for n in range(6)]
    public_ids = [file.public_id for file in files]

    def take():
        names = []
        for _ in range(4):
            with suppress(get_file_model().DoesNotExist):
                request = RequestFactory().get("/")
                names += contents(serve_archive(request, public_ids, user=OPERATOR))
        return names

    def remove():
        for file in files[:3]:
            purge_file(file=file)

    *taken, _nothing = at_once([take, take, take, remove])

    sent = Counter(name for names in taken for name in names)
    ledger = Counter(Download.objects.values_list("file_public_id", flat=True))
    assert {file.name: ledger[ids(file)] for file in files} == {f.name: sent[f.name] for f in files}
    assert counters.verify().findings == []


@pytest.mark.django_db(transaction=True)
def test_under_asgi__bytes_and_counts_are_the_same(files, store):
    lose(files[1])

    status, headers, blocks = async_to_sync(ask_asgi)()

    assert (status, headers[b"Content-Type"]) == (200, b"application/zip")
    with ZipFile(BytesIO(b"".join(blocks))) as archive:
        assert archive.namelist() == ["a.txt", "a (2).txt", "MISSING.txt"]
        assert archive.read("a (2).txt") == CONTENT
    assert counted(files) == [1, 0, 1]
    assert store.all_closed


@pytest.mark.django_db(transaction=True)
def test_under_asgi__client_that_goes_away_leaves_no_open_file_and_no_wrong_count(files, store):
    lose(files[0])

    _status, _headers, blocks = async_to_sync(ask_asgi)(gone_after=3)

    assert len(blocks) == 3
    assert store.all_closed
    assert counted(files) == [0, 1, 1]


def test_large_archive__is_never_in_memory(client, files):
    size = 64 * 1024 * 1024
    for file in files:
        os.truncate(file.content.path, size)
        get_file_model()._base_manager.filter(pk=file.pk).update(size=size)
    tracemalloc.start()
    try:
        response = get(client, files)
        sent = sum(map(len, response))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert sent > 3 * size
    assert peak < 4 * 1024 * 1024
