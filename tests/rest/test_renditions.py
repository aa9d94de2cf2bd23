"""GET and HEAD files/{id}/renditions/{height}/: the picture, and the headers above it."""

from hashlib import sha256

import pytest
from django.utils.http import http_date

from org_files.models import Rendition
from org_files.serving import rendition_of
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import heights_there, make_picture
from tests.rest.renditions import counted_nothing, fetch, image_of, path_of


@pytest.fixture
def photo(organization, user):
    """A photograph of the member's, of 1200 by 900 pixels."""
    return make_picture(organization, user)


def test_heights_without_a_tier__are_those_of_the_site(client, photo, settings):
    assert image_of(fetch(client, photo, 200)).size == (267, 200)
    assert image_of(fetch(client, photo, 400)).size == (533, 400)
    for height in (300, 2**32 + 200):
        refused = fetch(client, photo, height)
        assert (refused.status_code, refused.json()["code"]) == (403, "height_not_in_tier")

    settings.ORG_FILES = {"HEIGHTS": [90]}
    assert image_of(fetch(client, photo, 90)).height == 90
    assert fetch(client, photo, 200).status_code == 403


def test_heights_of_a_tier__hold_from_the_next_request(client, organization, photo):
    tier = subscribe(organization, heights=[200, 400])
    assert fetch(client, photo, 400).status_code == 200

    tier.heights = [123]
    tier.save()
    answer = fetch(client, photo, 400)
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "The organization's tier does not have this height.",
        "code": "height_not_in_tier",
    }
    assert image_of(fetch(client, photo, 123)).height == 123
    organization.org_files_subscription.delete()
    assert fetch(client, photo, 200).status_code == 200


def test_headers__are_those_of_the_contract_and_nothing_is_counted(client, photo):
    head = client.head(path_of(photo))
    response = fetch(client, photo)
    rendition = Rendition.objects.get(height=200)

    tag, size = response.headers["ETag"], len(response.body)
    assert rendition.sha256 == sha256(response.body).hexdigest()
    assert tag == rendition_of(photo, rendition).etag
    assert response.headers["Last-Modified"] == http_date(rendition.created_at.timestamp())
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Length"] == str(size) == str(rendition.size)
    assert response.headers["Content-Disposition"] == 'attachment; filename="photo.jpg"'
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(response.headers)

    unchanged = fetch(client, photo, If_None_Match=tag)
    assert (unchanged.status_code, unchanged.body) == (304, b"")
    assert fetch(client, photo, 400, If_None_Match=tag).status_code == 200
    part = fetch(client, photo, Range="bytes=10-19")
    assert (part.status_code, part.body) == (206, response.body[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{size}"
    beyond = fetch(client, photo, Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert counted_nothing()
    assert client.get(f"/api/files/{photo.public_id}/").json()["download_count"] == 0


def test_text_that_is_no_height_and_file_that_is_no_picture__are_404(client, photo, organization):
    for height in ("0200", "200.0", "200%0A", "\uff12\uff10\uff10", "200%2F", "1" * 5000):
        response = client.get(f"/api/files/{photo.public_id}/renditions/{height}/")
        assert response.status_code == 404, height
    assert heights_there(photo) == []
    # Neither by its name.
    for name, content in (("a.svg", b"<svg/>"), ("a.jpg", b"<script>alert(1)</script>")):
        file = make_stored_file(organization, name=name, content=content)
        for height in (200, 999):
            response = fetch(client, file, height)
            assert (response.status_code, response.json()["code"]) == (404, "not_found")
