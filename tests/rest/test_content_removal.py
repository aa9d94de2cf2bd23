"""A download whose file is removed for good just then: all of the bytes, or 404."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files import counters, get_file_model
from org_files.delivery import StreamDelivery
from org_files.models import AbstractFile, Download
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_stored_file
from tests.rest.contents import url
from tests.rest.requests import MISSING_ID

pytestmark = pytest.mark.usefixtures("backend")


def remove(file: AbstractFile) -> None:
    get_file_model()._base_manager.filter(pk=file.pk).delete()


def test_file_removed_before_its_bytes_are_opened__is_404_and_not_counted(
    client: Client,
    organization: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    missing = client.get(f"/api/files/{MISSING_ID}/content/")
    deliver = StreamDelivery.deliver
    for headers in ({}, {"Range": "bytes=0-3"}):
        file = make_stored_file(organization)

        def remove_and_deliver(self: Any, *arguments: Any, file: Any = file) -> Any:
            with django_capture_on_commit_callbacks(execute=True):
                remove(file)
            return deliver(self, *arguments)

        monkeypatch.setattr(StreamDelivery, "deliver", remove_and_deliver)
        response = client.get(url(file), headers=headers)

        assert (response.status_code, response.content) == (404, missing.content)
    assert not Download.objects.exists()
    counters.fold()
    assert counters.verify().findings == []


def test_file_removed_while_its_bytes_leave__leaves_whole_and_is_counted(
    client: Client, organization: Any, user: Any, django_capture_on_commit_callbacks: Any
) -> None:
    content = b"0123456789abcdef" * 40_000
    file = make_stored_file(organization, user, content=content)
    response = client.get(url(file))
    stream = iter(response)
    first = next(stream)

    with django_capture_on_commit_callbacks(execute=True):
        remove(file)

    assert first + b"".join(stream) == content
    counters.fold()
    organization.refresh_from_db()
    assert organization.folded_download_count == 1
    assert counters.verify().findings == []
    assert client.get(url(file)).status_code == 404


def test_lost_bytes_of_a_file_that_is_there__are_503(client: Client, file: AbstractFile) -> None:
    file.content.storage.delete(file.content.name)

    response = client.get(url(file))

    assert (response.status_code, response.json()["code"]) == (503, "content_unavailable")
    assert_exact(file, 0)
