"""A store, or a database, that fails: 503 or 507, and nothing counted."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.signals import request_finished
from django.db import OperationalError, close_old_connections
from django.test import Client

from org_files import counters
from org_files.models import AbstractFile
from org_files.testing.factories import make_file
from tests.rest.conftest import blobs
from tests.rest.contents import DAMAGES, counted, get, url


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bytes__are_503_with_retry_after_and_no_download(
    client: Client, file: AbstractFile, settings: Any, damage: Callable[[Path], None]
) -> None:
    [path] = blobs(settings)
    damage(path)

    for headers in ({}, {"Range": "bytes=0-9"}):
        response = client.get(url(file), headers=headers)
        assert response.status_code == 503
        assert response.json()["code"] == "content_unavailable"
        assert int(response.headers["Retry-After"]) > 0
    assert counted(client, file) == 0


@pytest.mark.usefixtures("backend")
def test_store_that_is_down__is_503_and_no_download(
    client: Client, file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(storages["org_files"], "open", failing(TimeoutError()))
        for headers in ({}, {"Range": "bytes=0-9"}):
            response = client.get(url(file), headers=headers)
            assert response.status_code == 503
            assert response.json()["code"] == "storage_unavailable"
            assert response.headers["Retry-After"]
    assert counted(client, file) == 0

    assert get(client, file, Range="bytes=0-9")[0] == 206
    assert counted(client, file) == 1


@pytest.mark.parametrize("headers", [{"Range": "bytes=0-9"}, {"Range": "bytes=0-"}])
def test_ledger_that_cannot_be_written__is_503_and_leaves_no_open_file(
    client: Client, file: AbstractFile, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    opened = []
    storage = storages["org_files"]
    open_ = storage.open

    def watched(*args: Any) -> Any:
        opened.append(open_(*args))
        return opened[-1]

    monkeypatch.setattr(storage, "open", watched)
    for name in ("record_range", "record_download"):
        monkeypatch.setattr(counters, name, failing(OperationalError("database is locked")))
    # The one that Django's test client disconnects too, while it reads an answer.
    request_finished.disconnect(close_old_connections)
    try:
        response = client.get(url(file), headers=headers)
    finally:
        request_finished.connect(close_old_connections)

    assert response.status_code == 503
    assert response.json()["code"] == "database_unavailable"
    assert [content.closed for content in opened] == [True]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TimeoutError(), 503, "storage_unavailable"),
        (OSError(5, "I/O"), 503, "storage_unavailable"),
        (OSError(28, "No space left on device"), 507, "storage_full"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_upload_that_the_store_does_not_take__is_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    monkeypatch.setattr(storages["org_files"], "_save", failing(error))

    response = client.post("/api/files/", {"file": BytesIO(b"x")})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert ("Retry-After" in response.headers) is (status == 503)


def test_key_that_leads_out_of_the_store__is_no_way_to_other_bytes(
    client: Client, organization: Any
) -> None:
    # As only a bug or the site's own staff could write it.
    file = make_file(organization)
    type(file)._base_manager.filter(pk=file.pk).update(content="../../../etc/passwd")

    response = client.get(url(file))

    assert response.status_code == 503
    assert response.json()["code"] == "storage_unavailable"
    assert counted(client, file) == 0
