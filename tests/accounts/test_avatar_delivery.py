"""GET users/{id}/avatar/; tests/delivery has ranges and conditions, tests/matrix the rights."""

from hashlib import sha256

import pytest
from django.http import HttpResponse

from org_files.accounts.models import Avatar
from org_files.delivery import StreamDelivery
from org_files.models import Download, PendingDownload, Role
from org_files.testing.factories import join, make_organization, make_user
from tests.accounts.clients import AVATAR, USERS
from tests.accounts.pictures import kept, photo, put
from tests.rest.requests import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(user):
    client = signed_in(user)
    assert put(client, photo(60, 40)).status_code == 200
    return client


@pytest.fixture
def url(user):
    return f"{USERS}{user.pk}/avatar/"


def test_picture__is_shown_in_place_and_is_no_download(client, url):
    response = client.get(f"{url}?format=nonsense", headers={"Accept": "image/*"})

    content = response.getvalue()
    avatar = Avatar.objects.get()
    assert response.status_code == 200
    assert sha256(content).hexdigest() == avatar.sha256
    expected = {
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(content)),
        "ETag": f'"{avatar.sha256}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    assert {name: response.headers[name] for name in expected} == expected
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert Download.objects.count() == PendingDownload.objects.count() == 0


def test_conditions_and_ranges__are_answered(client, url):
    etag = client.head(url).headers["ETag"]

    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    part = client.get(url, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.getvalue()) == (206, b"\xff\xd8")
    put(client, photo(60, 40, orientation=1))
    assert client.get(url, headers={"If-None-Match": etag}).getvalue()


def test_picture__is_served_to_users_who_see_the_user(client, user, url):
    organization = make_organization()
    colleague, stranger = make_user(), make_user()
    join(organization, user)
    join(organization, colleague, Role.VIEWER)
    missing = signed_in(stranger).get(f"{USERS}4711471147/avatar/")

    assert signed_in(colleague).get(url).getvalue().startswith(b"\xff\xd8")
    response = signed_in(stranger).get(url)
    assert (response.status_code, response.content) == (404, missing.content)
    client.delete(AVATAR)
    assert client.get(url).content == missing.content


class Redirecting(StreamDelivery):
    """A delivery of the site."""

    def respond(self, request, item, plan):
        return HttpResponse(headers={"X-Accel-Redirect": f"/_files/{item.key}"})


def test_picture__is_served_by_the_delivery_of_the_site(client, url, settings):
    settings.ORG_FILES = {"DELIVERY": {"BACKEND": f"{__name__}.Redirecting"}}
    [key] = kept()

    response = client.get(url)

    assert response.headers["X-Accel-Redirect"] == f"/_files/{key}"
