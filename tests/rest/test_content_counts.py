"""GET files/{id}/content/: which request is a download, and files that are removed just then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.delivery import StreamDelivery
from org_files.models import Download, RangeGrant
from org_files.serving import original
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT, counted, get, url
from tests.rest.requests import MISSING_ID, signed_in


@pytest.mark.usefixtures("backend")
def test_get__gives_the_bytes_and_counts_each_time(client, user, file):
    for number in (1, 2):
        assert get(client, file) == (200, CONTENT)
        assert counted(client, file) == number
    counters.fold()
    assert counted(client, file) == 2

    row, download = (
        client.get("/api/downloads/").json()["results"][0],
        Download.objects.latest("pk"),
    )
    assert row == {
        "id": str(download.pk),
        "file": {"id": str(file.public_id), "name": "report.pdf"},
        "organization": {"id": file.organization_id, "name": "Acme"},
        "user": {"id": user.pk, "name": user.get_username()},
        "link": None,
        "downloaded_at": download.downloaded_at.isoformat().replace("+00:00", "Z"),
    }
    shown = client.get(f"/api/files/{file.public_id}/").json()
    assert shown["last_downloaded_at"] == row["downloaded_at"]


def test_answers_without_content__are_no_download(client, file):
    for headers, status in (
        ({"If_None_Match": f'W/{original(file).etag}, "other"'}, 304),
        ({"If_Modified_Since": "Fri, 31 Dec 9999 23:59:59 GMT", "Range": "bytes=0-9"}, 304),
        ({"If_Match": '"other"'}, 412),
        ({"Range": "bytes=100-"}, 416),
    ):
        assert get(client, file, **headers)[0] == status
    response = client.get(url(file), headers={"Range": f"bytes={10**30}-"})
    assert response.headers["Content-Range"] == "bytes */100"
    assert response.json()["code"] == "range_not_satisfiable"
    assert counted(client, file) == 0


def test_whole_content__is_a_download_each_time(client, file):
    for number, headers in enumerate(
        (
            {"Range": "items=0-9"},
            {"Range": "bytes=9-5"},
            {"If_None_Match": '"other"'},
            {"If_Range": '"stale"'},
        )
    ):
        assert get(client, file, **headers) == (200, CONTENT)
        assert counted(client, file) == number + 1


def test_whole_content_by_a_valid_range__belongs_to_the_download(client, file):
    for headers, status in (
        ({"Range": "bytes=0-1"}, 206),
        ({"Range": "bytes=0-9999"}, 206),
        ({"Range": "bytes=0-9", "If_Range": '"stale"'}, 200),
        ({"Range": "bytes=" + ",".join(["0-0"] * 1000)}, 200),
    ):
        assert get(client, file, **headers)[0] == status
        assert counted(client, file) == 1


def test_empty_file__is_a_download(client, organization):
    file = make_stored_file(organization, content=b"")

    assert get(client, file) == (200, b"")
    assert get(client, file, Range="bytes=0-")[0] == 416
    assert counted(client, file) == 1


@pytest.mark.usefixtures("backend")
def test_parts__are_one_download_of_that_user_and_file(client, admin, organization, file):
    other, second = signed_in(admin), make_stored_file(organization, content=CONTENT)
    for start in range(0, 100, 25):
        part = {"Range": f"bytes={start}-{start + 24}", "If_Range": original(file).etag}
        assert get(client, file, **part) == (206, CONTENT[start : start + 25])
        assert get(other, file, **part)[0] == 206
        assert get(client, second, Range="bytes=50-")[0] == 206
    assert Download.objects.filter(file=file.pk).count() == 2
    assert Download.objects.filter(file=second.pk).count() == 1

    long_ago = timezone.now() - timedelta(minutes=61)
    Download.objects.update(downloaded_at=long_ago)
    RangeGrant.objects.update(began_at=long_ago)
    assert get(client, second, Range="bytes=0-9")[0] == 206
    assert Download.objects.filter(file=second.pk).count() == 2


@pytest.mark.usefixtures("backend")
def test_file_removed_before_its_bytes_are_opened__is_404_and_not_counted(
    client, organization, monkeypatch, django_capture_on_commit_callbacks
):
    missing = client.get(f"/api/files/{MISSING_ID}/content/")
    deliver = StreamDelivery.deliver

    def remove_and_deliver(self, *arguments):
        with django_capture_on_commit_callbacks(execute=True):
            get_file_model()._base_manager.all().delete()
        return deliver(self, *arguments)

    monkeypatch.setattr(StreamDelivery, "deliver", remove_and_deliver)
    for headers in ({}, {"Range": "bytes=0-3"}):
        response = client.get(url(make_stored_file(organization)), headers=headers)
        assert (response.status_code, response.content) == (404, missing.content)
    assert not Download.objects.exists()
    counters.fold()
    assert counters.verify().findings == []
