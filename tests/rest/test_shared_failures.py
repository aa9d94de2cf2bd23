"""A store that fails, and a file or a link that ends while it is asked for: nothing is used up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.signals import request_finished
from django.db import close_old_connections
from django.utils import timezone

from org_files import counters
from org_files.files import purge_file
from org_files.models import Download, RangeGrant, ShareLink
from tests.rest.conftest import blobs
from tests.rest.shares import ask, fetch, used


@pytest.fixture
def limited(link: ShareLink) -> ShareLink:
    """A link for two downloads."""
    ShareLink.objects.update(max_downloads=2)
    return link


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
def test_bytes_that_are_lost__burn_nothing_and_record_nothing(
    limited: ShareLink, settings: Any, headers: dict[str, str]
) -> None:
    [path] = blobs(settings)
    content = path.read_bytes()
    path.unlink()

    response = ask(limited, **headers)

    assert (response.status_code, response.json()["code"]) == (503, "content_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert used(limited) == 0
    assert not Download.objects.exists()
    assert not RangeGrant.objects.exists()
    path.write_bytes(content)
    assert fetch(limited, **headers)[0] in (200, 206)
    assert used(limited) == 1


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
def test_file_that_is_removed_at_this_moment__is_404(
    limited: ShareLink, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    storage = storages["org_files"]
    really_open = storage.open

    def removed_first(*args: Any) -> Any:
        purge_file(file=limited.file)
        storage.delete(limited.file.content.name)
        return really_open(*args)

    monkeypatch.setattr(storage, "open", removed_first)

    assert fetch(limited, **headers)[0] == 404
    assert not Download.objects.exists()


@pytest.fixture
def _connection_kept() -> Iterator[None]:
    """A response that the view closes does not end the test's transaction."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("_connection_kept", "backend")
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
@pytest.mark.parametrize(
    "values",
    [
        {"used": 2},
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
    ],
    ids=lambda values: next(iter(values)),
)
def test_link_that_ends_at_this_moment__is_404_and_nothing_is_recorded(
    limited: ShareLink,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    values: dict[str, Any],
) -> None:
    storage = storages["org_files"]
    really_open = storage.open
    opened = []

    def ended_first(*args: Any) -> Any:
        ShareLink.objects.update(**values)
        opened.append(really_open(*args))
        return opened[-1]

    monkeypatch.setattr(storage, "open", ended_first)

    assert fetch(limited, **headers)[0] == 404
    assert not Download.objects.exists()
    assert not RangeGrant.objects.exists()
    assert counters.verify().findings == []
    assert [content.closed for content in opened] == [True]
