"""Texts in URLs that are not UTF-8."""

from urllib.parse import quote

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from org_files import get_file_model
from org_files.exceptions import InvalidUTF8
from org_files.http.encoding import has_undecodable_path, refuse_undecodable_query
from tests.rest.requests import UPLOAD, closed, code_of, part, send


@pytest.mark.parametrize("query", ["a=b&name=%EF%E0", "name=\xef\xe0&a=b", "%EFname=a", "name=%C3"])
def test_parameter_that_is_not_utf_8__is_refused_by_name(query):
    request = RequestFactory().get("/", QUERY_STRING=query)

    with pytest.raises(InvalidUTF8) as caught:
        refuse_undecodable_query(request)
    assert caught.value.field.strip("\ufffd") == "name"


@pytest.mark.parametrize("charset", ["", "; charset=us-ascii"])
def test_url_that_is_not_utf_8__is_refused(client, charset):
    options = {"content_type": f"application/json{charset}"}
    for query, expected in (("%EF", (400, "invalid_utf8")), ("%D0%BF", (200, None))):
        response = client.generic("GET", f"/api/files/?name={query}", **options)
        assert code_of(response) == expected
    for resource, expected in (("%EF%E0", (404, "not_found")), ("%D0%BF", (200, None))):
        response = client.get(f"/api/resources/{resource}/1/files/")
        assert code_of(response) == expected


def asgi_request(**scope):
    request = AsyncRequestFactory().get("/")
    request.scope |= scope
    request.path_info = scope["path"]
    return request


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (asgi_request(raw_path=b"/%EF/?a=b", path="/\ufffd/"), True),
        (asgi_request(raw_path=b"/%EF%BF%BD%25EF/?a=%EF", path="/\ufffd%EF/"), False),
        (asgi_request(path="/\ufffd/"), True),
        (asgi_request(path="/%EF/"), False),
        (RequestFactory().get("/%EF"), True),
        # By gunicorn, and by uWSGI or Apache: a client may have stored the text "%EF".
        (RequestFactory().get("/%25EF", RAW_URI="/%25EF?a=%EF"), False),
        (RequestFactory().get("/%EF", REQUEST_URI="http://testserver/%EF"), True),
    ],
)
def test_path__is_read_as_it_was_sent(request_, expected):
    assert has_undecodable_path(request_) is expected


def test_replacement_character_that_was_typed__is_a_character(client):
    """In UTF-8 it is one like any other."""
    typed = "a\ufffdb"
    assert send(client, UPLOAD, closed(part("file", b"x", typed))).json()["name"] == typed
    texts = dict.fromkeys(("name", "comment", "resource", "resource_id"), typed)
    [path] = [f"/api/files/{file.public_id}/" for file in get_file_model()._base_manager.all()]
    response = client.patch(path, texts, content_type="application/json")
    assert response.json() | texts == response.json()
    found = client.get(f"/api/resources/{quote(typed)}/{quote(typed)}/files/").json()["results"]
    assert [file["name"] for file in found] == [typed]
