"""GET files/{id}/content/: which request is a download."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date

from org_files import counters
from org_files.models import AbstractFile, Download, RangeGrant
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT, counted, get, url
from tests.rest.requests import signed_in

pytestmark = pytest.mark.usefixtures("backend")


def test_get__gives_the_bytes_and_counts_each_time(client: Client, file: AbstractFile) -> None:
    for number in range(1, 4):
        assert get(client, file) == (200, CONTENT)
        assert counted(client, file) == number


def test_download__is_in_the_log(client: Client, user: Any, file: AbstractFile) -> None:
    get(client, file)

    (row,) = client.get("/api/downloads/").json()["results"]
    download = Download.objects.get()
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


@pytest.mark.parametrize(
    "headers",
    [
        {"If_None_Match": "*"},
        {"If_None_Match": 'W/"{etag}", "other"'},
        {"If_Modified_Since": "{modified}"},
        {"If_None_Match": "*", "Range": "bytes=0-9"},
    ],
)
def test_not_modified__is_304_and_no_download(
    client: Client, file: AbstractFile, headers: dict[str, str]
) -> None:
    modified = http_date(file.created_at.timestamp())
    filled = {
        name: value.format(etag=file.sha256, modified=modified) for name, value in headers.items()
    }

    assert get(client, file, **filled) == (304, b"")
    assert counted(client, file) == 0


@pytest.mark.parametrize("range_", ["bytes=100-", "bytes=-0", f"bytes={10**30}-"])
def test_range_behind_the_end__is_416_and_no_download(
    client: Client, file: AbstractFile, range_: str
) -> None:
    response = client.get(url(file), headers={"Range": range_})

    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */100"
    assert response.json()["code"] == "range_not_satisfiable"
    assert counted(client, file) == 0


def test_failed_precondition__is_412_and_no_download(client: Client, file: AbstractFile) -> None:
    response = client.get(url(file), headers={"If-Match": '"other"'})

    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    assert counted(client, file) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=5-2"},
        {"Range": "items=0-9"},
        {"Range": ""},
        {"Range": "bytes=" + ",".join(["0-0"] * 1000)},
        {"Range": "bytes=0-9", "If_Range": '"stale"'},
        {"Range": "bytes=999-", "If_Range": '"stale"'},
        {"Range": "bytes=0-9", "If_Range": "Thu, 29 Feb 2024 12:30:15 GMT"},
        {"If_None_Match": '"stale"'},
        {"If_Match": "*"},
        {"If_Modified_Since": "Fri, 31 Dec 9999 23:59:59 -2359"},
    ],
)
def test_condition_that_ends_in_the_whole__is_a_download_each_time(
    client: Client, file: AbstractFile, headers: dict[str, str]
) -> None:
    assert get(client, file, **headers) == (200, CONTENT)
    assert get(client, file, **headers) == (200, CONTENT)
    assert counted(client, file) == 2


@pytest.mark.parametrize("range_", ["bytes=0-", "bytes=0-99", "bytes=-100", "bytes=0-9999"])
def test_range_that_covers_all__is_a_download_each_time(
    client: Client, file: AbstractFile, range_: str
) -> None:
    for number in (1, 2):
        response = client.get(url(file), headers={"Range": range_})
        assert response.status_code == 206
        assert response.headers["Content-Range"] == "bytes 0-99/100"
        assert response.getvalue() == CONTENT
        assert counted(client, file) == number


def test_sixteen_parts__are_one_download(client: Client, file: AbstractFile) -> None:
    parts = [
        get(client, file, Range=f"bytes={start}-{start + 6}", If_Range=f'"{file.sha256}"')
        for start in range(0, 100, 7)
    ]

    assert {status for status, _body in parts} == {206}
    assert b"".join(body for _status, body in parts) == CONTENT
    assert counted(client, file) == 1


def test_parts_after_a_whole_one__are_of_that_download(client: Client, file: AbstractFile) -> None:
    get(client, file)

    for start in range(10):
        assert get(client, file, Range=f"bytes={start}-{start + 9}")[0] == 206
    assert counted(client, file) == 1


def test_parts_of_another_user__are_a_download_of_their_own(
    client: Client, admin: Any, file: AbstractFile
) -> None:
    other = signed_in(admin)
    get(client, file)

    for _ in range(3):
        assert get(other, file, Range="bytes=0-9")[1] == CONTENT[:10]
    assert counted(client, file) == 2


def test_parts_of_another_file__are_a_download_of_their_own(
    client: Client, organization: Any, file: AbstractFile
) -> None:
    second = make_stored_file(organization, content=CONTENT)

    for _ in range(2):
        for each in (file, second):
            assert get(client, each, Range="bytes=50-")[1] == CONTENT[50:]
    assert Download.objects.filter(file=file.pk).count() == 1
    assert Download.objects.filter(file=second.pk).count() == 1


def test_part_after_an_hour__begins_a_new_download(client: Client, file: AbstractFile) -> None:
    get(client, file, Range="bytes=0-9")
    long_ago = timezone.now() - timedelta(minutes=61)
    Download.objects.update(downloaded_at=long_ago)
    RangeGrant.objects.update(began_at=long_ago)

    get(client, file, Range="bytes=0-9")

    assert Download.objects.count() == 2


def test_empty_file__is_a_download(client: Client, organization: Any) -> None:
    file = make_stored_file(organization, content=b"")

    assert get(client, file) == (200, b"")
    for range_ in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        assert client.get(url(file), headers={"Range": range_}).status_code == 416
    assert counted(client, file) == 1


def test_totals__stay_equal_when_folded(client: Client, file: AbstractFile) -> None:
    for _ in range(3):
        get(client, file)
    counters.fold()
    get(client, file)

    assert counted(client, file) == 4
