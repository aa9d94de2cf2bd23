"""Delivery by front servers and by redirects: what they are told, and wrong settings."""

import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.test import RequestFactory, SimpleTestCase

from org_files import delivery
from org_files.delivery import (
    RedirectDelivery,
    XAccelDelivery,
    XAccelStorageDelivery,
    XSendfileDelivery,
)
from org_files.exceptions import ContentUnavailable
from org_files.testing.delivery import DeliveryContract
from org_files.testing.factories import make_deliverable

ACCEL = frozenset({"X-Accel-Redirect"})


class SigningStorage(Storage):
    """Contents without paths, whose URLs have the parameters of those of django-storages."""

    def __init__(self, location):
        files = FileSystemStorage(location)
        for name in ("_open", "_save", "delete", "exists", "size"):
            setattr(self, name, getattr(files, name))

    def url(self, name, parameters=None, expire=3600, http_method=None):
        values = {"X-Amz-Expires": expire, "X-Amz-Signature": "0123"}
        for key, value in (parameters or {}).items():
            header = key.removeprefix("Response")
            values["response" + re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", header)] = (
                value
            )
        return f"http://store.example.com/bucket/{quote(name)}?{urlencode(values)}"


class LocalContract(DeliveryContract):
    storage_class = FileSystemStorage

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        self.path = tmp_path

    def make_storage(self):
        return self.storage_class(str(self.path))


class StoreContract(LocalContract):
    storage_class = SigningStorage


class TestXAccel(LocalContract, SimpleTestCase):
    options = {"internal_prefix": "/protected/"}
    backend = {"BACKEND": "org_files.delivery.XAccelDelivery", "OPTIONS": options}
    own_headers = ACCEL

    def test_request_that_nginx_may_read_in_another_way__is_answered_by_django(self):
        item = make_deliverable(storage=self.make_storage())
        tag = item.etag
        for headers, is_left in (
            ({}, True),
            ({"Range": "bytes=2-4"}, True),
            ({"Range": "bytes=2-4", "If-Range": tag}, True),
            ({"If-None-Match": '"other"'}, True),
            ({"Range": "bytes=2-4", "If-Range": '"other"'}, False),
            ({"Range": "bytes=2-4", "If-Range": "Thu, 29 Feb 2024 12:30:15 GMT"}, False),
            ({"Range": "bytes=0-1,4-5"}, False),
            ({"Range": "bytes=5-2"}, False),
            ({"Range": f"bytes=0-{10**18}"}, False),
            ({"If-Match": tag}, False),
            ({"If-Unmodified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}, False),
        ):
            with self.subTest(headers):
                response = self.deliver(item, **headers)
                assert response.has_header("X-Accel-Redirect") == is_left
                assert is_left or response.getvalue()


class TestXSendfile(LocalContract, SimpleTestCase):
    backend = {"BACKEND": "org_files.delivery.XSendfileDelivery"}
    own_headers = frozenset({"X-Sendfile"})


class TestXAccelStorage(StoreContract, SimpleTestCase):
    options = {"internal_prefix": "/store/"}
    backend = {"BACKEND": "org_files.delivery.XAccelStorageDelivery", "OPTIONS": options}
    own_headers = ACCEL


class TestRedirect(StoreContract, SimpleTestCase):
    backend = {"BACKEND": "org_files.delivery.RedirectDelivery"}


def respond(backend, item, **headers):
    request = RequestFactory().get("/", headers=headers)
    return backend.deliver(request, item, item.plan(request))


def stored(storage, key="a b/ü%?#;.bin", **values):
    return make_deliverable(
        storage=storage, key=storage.save(key, ContentFile(b"0123456789")), **values
    )


KEY = "a%20b/%C3%BC%25%3F%23%3B.bin"


def test_odd_key__is_escaped_in_the_header(tmp_path, settings):
    item = stored(FileSystemStorage(tmp_path))
    settings.ORG_FILES = {}

    accel = respond(XAccelDelivery("/protected/"), item)
    above = respond(XAccelDelivery("/protected/", root=str(tmp_path.parent)), item)
    sendfile = respond(XSendfileDelivery(), item)

    assert accel["X-Accel-Redirect"] == f"/protected/{KEY}"
    assert above["X-Accel-Redirect"] == f"/protected/{tmp_path.name}/{KEY}"
    assert sendfile["X-Sendfile"] == f"{tmp_path}/{KEY}"


def test_store__is_asked_for_a_url_without_its_host(tmp_path):
    answer = respond(XAccelStorageDelivery("/store/"), stored(SigningStorage(tmp_path)))

    path, _, query = answer["X-Accel-Redirect"].partition("?")
    assert path == f"/store/bucket/{KEY}"
    assert parse_qs(query).keys() == {"X-Amz-Expires", "X-Amz-Signature"}


def test_redirect__is_to_an_attachment(tmp_path):
    values = {"inline": True, "name": "ü.txt", "content_type": "text/plain", "charset": "utf-8"}
    item = stored(SigningStorage(tmp_path), **values)

    answer = respond(RedirectDelivery(), item)

    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query["response-content-type"] == ["text/plain; charset=utf-8"]
    assert query["response-content-disposition"][0].startswith("attachment; filename=")
    assert query["response-cache-control"] == ["private, no-cache"]


@pytest.mark.parametrize(
    "backend",
    [
        XAccelDelivery("/protected/"),
        XSendfileDelivery(),
        XAccelStorageDelivery("/store/"),
        RedirectDelivery(),
    ],
)
def test_lost_content__is_found_before_anything_is_sent(backend, tmp_path):
    local = isinstance(backend, (XAccelDelivery, XSendfileDelivery))
    item = stored((FileSystemStorage if local else SigningStorage)(tmp_path))
    item.storage.delete(item.key)

    with pytest.raises(ContentUnavailable):
        respond(backend, item)


@pytest.mark.parametrize(
    "backend",
    [
        XAccelDelivery("/protected/"),
        XAccelDelivery("/protected/", root="/srv/elsewhere"),
        XSendfileDelivery(),
        XAccelStorageDelivery("/store/"),
        RedirectDelivery(),
    ],
)
def test_storage_out_of_reach__is_streamed(backend, tmp_path):
    has_paths = isinstance(backend, (XAccelStorageDelivery, RedirectDelivery))
    has_paths |= getattr(backend, "root", None) is not None
    item = stored((FileSystemStorage if has_paths else SigningStorage)(tmp_path))

    answer = respond(backend, item)

    assert (answer.status_code, answer.getvalue()) == (200, b"0123456789")
    answer.close()


LOCAL, STORE = FileSystemStorage("/srv/files"), SigningStorage("/srv/files")
OTHER = FileSystemStorage("/srv/pictures")
ACCEPTED = [
    (XAccelDelivery("/protected/"), [LOCAL]),
    (XAccelDelivery("/a/b/", root="/srv"), [LOCAL, OTHER]),
    (XSendfileDelivery(), [LOCAL, OTHER]),
    (XAccelStorageDelivery("/store/"), [STORE]),
    (RedirectDelivery(), [STORE]),
]
REFUSED = [
    *((XAccelDelivery(prefix), [LOCAL], "internal_prefix") for prefix in
      ("protected/", "/protected", "/", "", "/a//b/", "/a/../b/", "/a?b/", "/ü/", None)),
    (XAccelStorageDelivery("store"), [STORE], "internal_prefix"),
    (XAccelDelivery("/protected/"), [STORE], "SigningStorage has no paths"),
    (XSendfileDelivery(), [STORE], "SigningStorage has no paths"),
    (XAccelDelivery("/protected/"), [LOCAL, OTHER], "/srv/files, /srv/pictures"),
    (XAccelDelivery("/protected/", root="/srv/files"), [LOCAL, OTHER], "cannot reach all"),
    (XAccelStorageDelivery("/store/"), [LOCAL], "FileSystemStorage does not make"),
    (RedirectDelivery(), [LOCAL], "FileSystemStorage does not make"),
    *((RedirectDelivery(value), [STORE], "expires is no number") for value in
      (0, 1.5, True, "60", 604_801)),
    (RedirectDelivery(61), [STORE], "for 61 seconds"),
]  # fmt: skip


@pytest.fixture
def use(monkeypatch):
    def use(storages):
        found = {str(number): storage for number, storage in enumerate(storages)}
        monkeypatch.setattr(delivery.outside, "possible_storages", lambda: found)

    return use


@pytest.mark.parametrize(("backend", "storages"), ACCEPTED)
def test_right_settings__pass_the_check(use, backend, storages):
    use(storages)
    assert list(backend.check()) == []


@pytest.mark.parametrize(("backend", "storages", "said"), REFUSED)
def test_wrong_settings__are_reported(use, backend, storages, said):
    use(storages)
    (message,) = backend.check()
    assert said in message.msg
    assert message.id == ("org_files.W025" if "for 61 seconds" in said else "org_files.E025")
