"""A store, or a database, that fails: 503 or 507, and nothing counted."""

from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.signals import request_finished
from django.db import OperationalError, close_old_connections

from org_files import counters
from org_files.testing.factories import make_file
from tests.rest.conftest import blobs
from tests.rest.contents import counted, get, lengthen, replace_by_link, url
from tests.rest.requests import code_of

RANGE = {"Range": "bytes=0-9"}


def failing(error):
    def fail(*args, **kwargs):
        raise error

    return fail


def test_damaged_bytes__are_503_with_retry_after_and_no_download(client, file, settings):
    [path] = blobs(settings)
    for damage in (lengthen, replace_by_link, Path.unlink):
        damage(path)
        for headers in ({}, RANGE):
            response = client.get(url(file), headers=headers)
            assert code_of(response) == (503, "content_unavailable")
            assert int(response.headers["Retry-After"]) > 0
    assert counted(client, file) == 0


@pytest.mark.usefixtures("backend")
def test_store_that_is_down__is_503_and_no_download(client, file, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(storages["org_files"], "open", failing(TimeoutError()))
        for headers in ({}, RANGE):
            response = client.get(url(file), headers=headers)
            assert code_of(response) == (503, "storage_unavailable")
    assert counted(client, file) == 0

    assert get(client, file, **RANGE)[0] == 206
    assert counted(client, file) == 1


def test_ledger_that_cannot_be_written__is_503_and_leaves_no_open_file(client, file, monkeypatch):
    opened = []
    storage = storages["org_files"]
    open_ = storage.open

    def watched(*args):
        opened.append(open_(*args))
        return opened[-1]

    monkeypatch.setattr(storage, "open", watched)
    locked = OperationalError("database is locked")
    monkeypatch.setattr(counters, "record_range", failing(locked))
    # The one that Django's test client disconnects too, while it reads an answer.
    request_finished.disconnect(close_old_connections)
    try:
        response = client.get(url(file), headers=RANGE)
    finally:
        request_finished.connect(close_old_connections)

    assert code_of(response) == (503, "database_unavailable")
    assert [content.closed for content in opened] == [True]


def test_key_that_leads_out_of_the_store__is_no_way_to_other_bytes(client, organization):
    # As only a bug or the site's own staff could write it.
    file = make_file(organization)
    type(file)._base_manager.filter(pk=file.pk).update(content="../../../etc/passwd")

    assert code_of(client.get(url(file))) == (503, "storage_unavailable")
    assert counted(client, file) == 0
