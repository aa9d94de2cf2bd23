"""``serve_file`` in a host's own views: Django's, and those of Django REST framework."""

import pytest
from django.core.signals import request_finished
from django.db import OperationalError, close_old_connections
from django.test import Client
from django.urls import path
from rest_framework.decorators import api_view

from org_files import counters, get_file_model
from org_files.delivery import StreamDelivery
from org_files.exceptions import ContentUnavailable, HeightNotInTier, OriginalNotInTier
from org_files.models import Download, RangeGrant
from org_files.serving import read_beginning, serve_file
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_organization, make_stored_file, make_user, subscribe
from tests.pictures.stored import make_picture

CONTENT = b"0123456789" * 10


def plain(request, pk):
    options = {name: int(value) for name, value in request.GET.items()}
    return serve_file(request, find(pk), user=request.user, **options)


@api_view(["GET"])
def api(request, pk):
    return serve_file(request, find(pk), user=request.user)


def streamed(request, pk):
    return serve_file(request, find(pk), user=request.user, delivery=StreamDelivery())


urlpatterns = [
    path("plain/<pk>/", plain),
    path("api/<pk>/", api),
    path("streamed/<pk>/", streamed),
]


def find(pk):
    return get_file_model()._base_manager.get(pk=pk)


@pytest.fixture
def organization(db, settings):
    settings.ROOT_URLCONF = __name__
    return make_organization()


@pytest.fixture
def file(organization):
    return make_stored_file(organization, name="report.pdf", content=CONTENT)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "отчёт".encode(), "text/plain; charset=utf-8"),
        ("a.csv", b"plain ASCII", "text/csv; charset=utf-8"),
        ("a.txt", "отчёт".encode("cp1251"), "text/plain"),
        ("a.pdf", "отчёт".encode(), "application/pdf"),
    ],
)
def test_text__says_that_it_is_utf8(client, organization, name, content, expected):
    file = make_stored_file(organization, name=name, content=content)
    url = f"/plain/{file.pk}/?inline=1"

    part = client.get(url, headers={"range": "bytes=1-2"})

    for response in (client.get(url), client.head(url), part):
        response.close()
        assert response.headers["Content-Type"] == expected


@pytest.fixture
def user(db):
    return make_user()


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


def get(client, file, kind="plain", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.get(f"/{kind}/{file.pk}/", headers=names)
    response.body = response.getvalue()
    return response


@pytest.mark.parametrize("kind", ["plain", "api"])
def test_get__is_served_and_counted_for_the_user(client, user, file, kind):
    for number in (1, 2):
        response = get(client, file, kind)
        assert (response.status_code, response.body) == (200, CONTENT)
        assert response.headers["Content-Disposition"] == 'attachment; filename="report.pdf"'
        assert response.headers["Content-Length"] == "100"
        assert_exact(file, number)
    assert {row.user_id for row in Download.objects.all()} == {user.pk}


def test_answers_without_content__are_served_and_not_counted(client, file):
    head = client.head(f"/plain/{file.pk}/")
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", "100")
    assert get(client, file, If_None_Match=head["ETag"]).status_code == 304
    assert get(client, file, If_Match='"other"').status_code == 412
    assert get(client, file, Range="bytes=100-").status_code == 416
    assert_exact(file, 0)


def test_parts__are_one_download(client, file):
    for start in (0, 40, 90):
        response = get(client, file, Range=f"bytes={start}-{start + 9}")
        assert (response.status_code, response.body) == (206, CONTENT[:10])
    assert_exact(file, 1)


def test_requesters_without_a_login__are_told_apart_by_address_and_program(
    file,
):
    assert get(Client(), file, User_Agent="curl").status_code == 200
    for agent, number in (("curl", 1), ("wget", 2)):
        assert get(Client(), file, Range="bytes=0-9", User_Agent=agent).status_code == 206
        assert_exact(file, number)
    assert set(Download.objects.values_list("user", flat=True)) == {None}


def test_bytes_that_are_lost__are_not_counted(client, file):
    file.content.storage.delete(file.content.name)

    for headers in ({}, {"Range": "bytes=0-9"}):
        with pytest.raises(ContentUnavailable):
            get(client, file, **headers)
    assert_exact(file, 0)
    assert not RangeGrant.objects.exists()


def test_file_that_is_removed_meanwhile__does_not_exist(client, file, monkeypatch):
    def removed(pk):
        file.content.storage.delete(file.content.name)
        get_file_model()._base_manager.filter(pk=file.pk).delete()
        return file

    monkeypatch.setattr(f"{__name__}.find", removed)

    with pytest.raises(get_file_model().DoesNotExist):
        client.get(f"/plain/{file.pk}/")
    assert not Download.objects.exists()


def test_download_that_cannot_be_recorded__sends_nothing(client, file, monkeypatch):
    def fail(**arguments):
        raise OperationalError("database is locked")

    monkeypatch.setattr(counters, "record_download", fail)
    # A response that is closed ends the test's transaction.
    request_finished.disconnect(close_old_connections)
    try:
        with pytest.raises(OperationalError):
            client.get(f"/plain/{file.pk}/")
    finally:
        request_finished.connect(close_old_connections)


def test_tier__holds_for_original_and_heights(client, organization):
    subscribe(organization, heights=[200], allow_original=False)
    picture = make_stored_file(organization, content=CONTENT, content_type="image/png")

    with pytest.raises(OriginalNotInTier):
        get(client, picture)
    with pytest.raises(HeightNotInTier):
        client.get(f"/plain/{picture.pk}/?height=300")
    assert_exact(picture, 0)


def test_height__is_served_and_not_counted(client, organization):
    picture = make_picture(organization)
    response = client.get(f"/plain/{picture.pk}/?height=200&inline=1")

    assert response.getvalue().startswith(b"\xff\xd8\xff")
    assert response.headers["Content-Disposition"].startswith("inline")
    assert_exact(picture, 0)


@pytest.mark.parametrize(
    ("backend", "status", "header"),
    [
        ("Buffered", 200, "ETag"),
        ("FrontServer", 200, "X-Accel-Redirect"),
        ("Redirect", 302, "Location"),
    ],
)
def test_each_way_out__counts_the_download(client, file, settings, backend, status, header):
    path = f"tests.delivery.backends.{backend}"
    settings.ORG_FILES = settings.ORG_FILES | {"DELIVERY": {"BACKEND": path}}

    response = get(client, file)

    assert response.status_code == status
    assert response.headers[header]
    assert_exact(file, 1)
    assert get(client, file, If_None_Match="*").status_code == 304
    assert_exact(file, 1)
    # A view may choose its own way.
    streamed = get(client, file, "streamed")
    assert (streamed.status_code, streamed.body) == (200, CONTENT)
    assert_exact(file, 2)


def test_beginning__is_no_download(organization, file):
    assert [read_beginning(file, size) for size in (7, 1000)] == [CONTENT[:7], CONTENT]
    assert_exact(file, 0)

    subscribe(organization, allow_original=False)
    picture = make_picture(organization)
    with pytest.raises(OriginalNotInTier):
        read_beginning(picture, 7)
    file.content.storage.delete(file.content.name)
    with pytest.raises(ContentUnavailable):
        read_beginning(file, 7)
