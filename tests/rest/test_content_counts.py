"""GET files/{id}/content/: which request is a download."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files import counters
from org_files.models import AbstractFile, Download, RangeGrant
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT, counted, get, url
from tests.rest.requests import signed_in


@pytest.mark.usefixtures("backend")
def test_get__gives_the_bytes_and_counts_each_time(client: Client, file: AbstractFile) -> None:
    for number in range(1, 4):
        assert get(client, file) == (200, CONTENT)
        assert counted(client, file) == number
    counters.fold()
    assert counted(client, file) == 3


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


def test_answers_without_content__are_no_download(client: Client, file: AbstractFile) -> None:
    for headers, status in (
        ({"If_None_Match": f'W/"{file.sha256}", "other"'}, 304),
        ({"If_Modified_Since": "Fri, 31 Dec 9999 23:59:59 GMT", "Range": "bytes=0-9"}, 304),
        ({"If_Match": '"other"'}, 412),
        ({"Range": "bytes=100-"}, 416),
    ):
        assert get(client, file, **headers)[0] == status
    response = client.get(url(file), headers={"Range": f"bytes={10**30}-"})
    assert response.headers["Content-Range"] == "bytes */100"
    assert response.json()["code"] == "range_not_satisfiable"
    assert counted(client, file) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "items=0-9"}, 200),
        ({"Range": "bytes=" + ",".join(["0-0"] * 1000)}, 200),
        ({"Range": "bytes=0-9", "If_Range": '"stale"'}, 200),
        ({"If_None_Match": '"other"'}, 200),
        ({"Range": "bytes=0-9999"}, 206),
    ],
)
def test_whole_content__is_a_download_each_time(
    client: Client, file: AbstractFile, headers: dict[str, str], status: int
) -> None:
    for _ in range(2):
        assert get(client, file, **headers) == (status, CONTENT)
    assert counted(client, file) == 2


@pytest.mark.usefixtures("backend")
def test_sixteen_parts__are_one_download(client: Client, file: AbstractFile) -> None:
    parts = [
        get(client, file, Range=f"bytes={start}-{start + 6}", If_Range=f'"{file.sha256}"')
        for start in range(0, 100, 7)
    ]

    assert {status for status, _body in parts} == {206}
    assert b"".join(body for _status, body in parts) == CONTENT
    assert counted(client, file) == 1


def test_parts__belong_to_the_users_own_download_of_that_file(
    client: Client, admin: Any, organization: Any, file: AbstractFile
) -> None:
    other, second = signed_in(admin), make_stored_file(organization, content=CONTENT)
    get(client, file)

    for _ in range(2):
        assert get(client, file, Range="bytes=0-9")[1] == CONTENT[:10]
        assert get(other, file, Range="bytes=0-9")[0] == 206
        assert get(client, second, Range="bytes=50-")[1] == CONTENT[50:]
    assert Download.objects.filter(file=file.pk).count() == 2
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
    assert get(client, file, Range="bytes=0-")[0] == 416
    assert counted(client, file) == 1
