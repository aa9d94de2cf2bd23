"""A download whose file is removed for good just then: all of the bytes, or 404."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files import counters, get_file_model
from org_files.delivery import StreamDelivery
from org_files.models import AbstractFile, Download
from org_files.testing.counters import assert_exact

pytestmark = pytest.mark.usefixtures("backend")


def path_of(file: AbstractFile) -> str:
    return f"/api/files/{file.public_id}/content/"


def remove(file: AbstractFile) -> None:
    get_file_model()._base_manager.filter(pk=file.pk).delete()


@pytest.fixture
def removed_first(
    file: AbstractFile, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> AbstractFile:
    """The file, which is removed after it was found and before its bytes are opened."""
    deliver = StreamDelivery.deliver

    def remove_and_deliver(self: Any, *arguments: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            remove(file)
        return deliver(self, *arguments)

    monkeypatch.setattr(StreamDelivery, "deliver", remove_and_deliver)
    return file


@pytest.mark.parametrize(
    "headers",
    [{}, {"Range": "bytes=0-3"}, {"If-None-Match": '"other"'}],
    ids=["whole", "range", "conditional"],
)
def test_file_removed_before_its_bytes_are_opened__is_404_and_not_counted(
    client: Client, removed_first: AbstractFile, headers: dict[str, str]
) -> None:
    missing = client.get("/api/files/0192f0c1-2d3e-7000-8000-000000000000/content/")

    response = client.get(path_of(removed_first), headers=headers)

    assert (response.status_code, response.content) == (404, missing.content)
    assert not Download.objects.exists()
    counters.fold()
    assert counters.verify().findings == []


def test_lost_bytes_of_a_file_that_is_there__are_503_as_before(
    client: Client, file: AbstractFile
) -> None:
    file.content.storage.delete(file.content.name)

    response = client.get(path_of(file))

    assert (response.status_code, response.json()["code"]) == (503, "content_unavailable")
    assert_exact(file, 0)


def test_file_removed_while_its_bytes_leave__leaves_whole_and_is_counted(
    client: Client,
    organization: Any,
    user: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    from org_files.testing.factories import make_stored_file

    content = b"0123456789abcdef" * 200_000
    file = make_stored_file(organization, user, content=content)
    response = client.get(path_of(file))
    stream = iter(response)
    first = next(stream)

    with django_capture_on_commit_callbacks(execute=True):
        remove(file)

    assert first + b"".join(stream) == content
    counters.fold()
    organization.refresh_from_db()
    assert organization.folded_download_count == 1
    assert counters.verify().findings == []
    assert client.get(path_of(file)).status_code == 404
