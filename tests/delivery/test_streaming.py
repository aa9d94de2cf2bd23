"""StreamDelivery under WSGI, down to the calls that a server makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from wsgiref.util import FileWrapper

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from org_files.delivery import Deliverable
from org_files.delivery.base import BLOCK_SIZE
from org_files.testing.factories import make_deliverable
from org_files.testing.storages import WatchedStorage
from tests.delivery.site import sparse

pytestmark = pytest.mark.usefixtures("one_view")


class Wrapper(FileWrapper):
    """A server's ``wsgi.file_wrapper`` (PEP 3333), which would use the descriptor."""


def ask_wsgi(*, wrapper: Any = None, method: str = "GET", **headers: str) -> tuple[str, Any]:
    """Return the status line and the iterable that a WSGI server gets."""
    environ = RequestFactory().generic(method, "/", headers=headers).environ
    if wrapper is not None:
        environ["wsgi.file_wrapper"] = wrapper
    statuses: list[str] = []
    body = WSGIHandler()(environ, lambda status, headers: statuses.append(status))
    return statuses[0], body


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-"}])
def test_whole_content__is_handed_over_as_the_file_itself(
    storage: WatchedStorage, deliver: Callable[[Deliverable], None], headers: dict[str, str]
) -> None:
    deliver(make_deliverable(storage=storage))

    status, body = ask_wsgi(wrapper=Wrapper, **headers)

    assert status == ("206 Partial Content" if headers else "200 OK")
    assert isinstance(body, Wrapper)
    assert body.filelike.fileno() == storage.opened[0].fileno()
    assert body.filelike.tell() == 0
    assert b"".join(body) == b"0123456789"
    body.close()
    assert storage.all_closed


@pytest.mark.parametrize("wrapper", [Wrapper, None])
def test_part__does_not_leak_beyond_its_end(
    storage: WatchedStorage, deliver: Callable[[Deliverable], None], wrapper: Any
) -> None:
    deliver(make_deliverable(storage=storage))

    status, body = ask_wsgi(wrapper=wrapper, Range="bytes=3-6")

    assert status == "206 Partial Content"
    if wrapper:
        # With a descriptor a server would send everything behind the beginning.
        assert not hasattr(body.filelike, "fileno")
    assert b"".join(body) == b"3456"
    body.close()
    assert storage.all_closed


@pytest.mark.parametrize("wrapper", [Wrapper, None])
def test_client_that_goes_away__leaves_no_open_file(
    storage: WatchedStorage, deliver: Callable[[Deliverable], None], wrapper: Any
) -> None:
    deliver(sparse(storage, 3 * BLOCK_SIZE))
    _status, body = ask_wsgi(wrapper=wrapper, Range="bytes=1-")

    next(iter(body))
    body.close()  # what a server does in every case (PEP 3333)

    assert storage.all_closed


def test_storage_without_descriptors__is_streamed_all_the_same(
    deliver: Callable[[Deliverable], None],
) -> None:
    deliver(make_deliverable(storage=InMemoryStorage()))

    for headers, expected in (({}, b"0123456789"), ({"Range": "bytes=-3"}, b"789")):
        _status, body = ask_wsgi(**headers)
        assert b"".join(body) == expected
        body.close()
