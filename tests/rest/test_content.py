"""GET and HEAD files/{id}/content/: the bytes, and the headers above them."""

from django.utils.http import http_date

from org_files.models import Download
from org_files.serving import original
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT, counted, get, url
from tests.rest.requests import browser_of


def test_headers__are_those_of_the_contract(client, file):
    # Accept and format change nothing.
    response = client.get(url(file), {"format": "api"}, headers={"Accept": "text/html"})

    assert response.getvalue() == CONTENT
    assert response.headers["ETag"] == original(file).etag
    assert response.headers["Last-Modified"] == http_date(file.updated_at.timestamp())
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Length"] == "100"
    assert response.headers["Content-Disposition"] == 'attachment; filename="report.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    before = counted(client, file)
    for headers in ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=999-"}):
        head = client.head(url(file), headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) == dict(response.headers)
    assert counted(client, file) == before == 1


def test_disposition__is_inline_for_the_list_only(client, organization):
    for name, expected in (("a.txt", "inline"), ("a.svg", "attachment")):
        file = make_stored_file(organization, name=name, content=b"<script>alert(1)</script>")
        response = client.get(url(file), {"disposition": "inline"})
        response.getvalue()
        assert response.headers["Content-Disposition"].startswith(expected)
    for disposition in ("", "INLINE", "inline\r\nX: y"):
        response = client.get(url(file), {"disposition": disposition})
        assert (response.status_code, list(response.json())) == (400, ["disposition"])
    assert Download.objects.count() == 2


def test_session__downloads_without_a_csrf_token(user, file):
    assert get(browser_of(user), file) == (200, CONTENT)
