"""Links of a file: what a new one takes, what is shown of it, and how it is changed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.utils import timezone

from org_files.links import token_of
from org_files.models import Download, ShareLink
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import make_picture, photo
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID
from tests.rest.shares import FORM, WRONG, fetch

JSON = "application/json"


@pytest.fixture
def file(organization, user):
    """A file of the member's, no picture."""
    return make_stored_file(organization, user, name="report.txt", content=CONTENT)


@pytest.fixture
def picture(organization, user):
    return make_picture(organization, user)


def links_of(file):
    return f"/api/files/{file.public_id}/links/"


def create(client, file, **values):
    return client.post(links_of(file), {"expires_in": 3600} | values, content_type=JSON)


def path_of(link):
    return f"/api/links/{link.public_id}/"


def patch(client, link, **values):
    return client.patch(path_of(link), values, content_type=JSON)


def values_of(link):
    return ShareLink.objects.filter(pk=link.pk).values().get()


def outcome(response):
    """Return the status, with the code or the fields at fault."""
    body = response.json()
    is_made = response.status_code in (200, 201)
    return response.status_code, None if is_made else body.get("code") or list(body)


def test_new_link__is_shown_whole(client, user, file):
    response = create(client, file, label="😀" * 200, max_downloads=2**63 - 1, password=" ")

    link = ShareLink.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert body == {
        "id": str(link.public_id),
        "file": {
            "id": str(file.public_id),
            "name": "report.txt",
            "size": len(CONTENT),
            "content_type": "text/plain",
        },
        "rendition": None,
        "url": f"http://testserver/api/shared/{token_of(link)}/",
        "label": "😀" * 200,
        "created_by": {"id": user.pk, "name": user.get_username()},
        "created_at": link.created_at.isoformat().replace("+00:00", "Z"),
        "expires_at": link.expires_at.isoformat().replace("+00:00", "Z"),
        "time_left": body["time_left"],
        "state": "active",
        "max_downloads": 2**63 - 1,
        "download_count": 0,
        "has_password": True,
    }
    assert 3590 <= body["time_left"] <= 3600
    assert client.get(path_of(link)).json().keys() == body.keys()
    assert create(client, file).json()["url"] != body["url"]


def test_odd_value__is_400_and_changes_nothing(client, link, file):
    before = values_of(link)
    for field, values in (
        ("expires_in", (0, 1.5, "", " 60", "\uff16\uff10", True, 10**30)),
        ("max_downloads", (0, "\uff12", 2**63)),
        ("label", ("x" * 201,)),
        ("password", ("x" * 129,)),
        ("rendition", (0, "abc", 200, 2**31)),
    ):
        for value in values:
            assert outcome(create(client, file, **{field: value})) == (400, [field]), value
        if field not in ("password", "rendition"):
            changed = patch(client, link, **{"label": "New", field: value})
            assert outcome(changed) == (400, [field]), value

    assert ShareLink.objects.get() == link
    assert values_of(link) == before


def test_form__leaves_empty_what_it_does_not_say(client, file):
    body = {"expires_in": "60", "max_downloads": "", "label": "", "password": "", "rendition": ""}

    link = client.post(links_of(file), body).json()

    assert (link["max_downloads"], link["label"], link["has_password"]) == (None, "", False)
    # Only JSON can say that a link has no end.
    for content_type, empty in ((MULTIPART_CONTENT, {"expires_in": ""}), (FORM, "expires_in=")):
        response = client.post(links_of(file), empty, content_type=content_type)
        assert outcome(response) == (400, ["expires_in"])
    assert ShareLink.objects.count() == 1


def test_what_the_site_decides__is_not_taken_from_the_client(client, user, admin, file):
    chosen = {"id": MISSING_ID, "public_id": MISSING_ID, "token": "x", "token_digest": "0" * 64}
    create(client, file, **chosen, created_by=admin.pk, used=-5, url="http://evil.example/")

    link = ShareLink.objects.get()
    assert (link.created_by, link.used) == (user, 0)
    assert str(link.public_id) != MISSING_ID
    assert token_of(link) is not None
    before = values_of(link)
    more = {"rendition": 200, "file": MISSING_ID, "created_by": admin.pk, "revoked_at": None}
    response = patch(client, link, password="new", download_count=0, **chosen, **more)
    assert response.status_code == 200
    assert values_of(link) == before


def test_url_of_a_key_that_is_gone__is_null_though_it_opens(user, link, settings):
    path = f"/api/shared/{token_of(link)}/"
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"
    client = Client()
    client.force_login(user)

    assert client.get(path_of(link)).json()["url"] is None
    assert fetch(path) == (200, CONTENT)


# Changes


def test_change__is_of_what_is_sent_and_of_nothing_else(client, link):
    before = values_of(link)

    for values, label in (
        ({"label": "New"}, "New"),
        ({}, "New"),
        ({"label": None}, ""),
    ):
        response = patch(client, link, **values)
        assert (response.status_code, response.json()["label"]) == (200, label)
        assert values_of(link) == before | {"label": label}


def test_number_of_downloads__ends_the_link_and_opens_it_again(client, link):
    fetch(link)
    for limit, state, status in (
        (1, "exhausted", 404),
        (2, "active", 200),
        (None, "active", 200),
    ):
        assert patch(client, link, max_downloads=limit).json()["state"] == state
        assert fetch(link, address="192.0.2.1")[0] == status


def test_new_end__is_counted_from_now(client, link):
    past = timezone.now() - timedelta(days=1)
    ShareLink.objects.update(expires_at=past, created_at=past)
    assert fetch(link)[0] == 404

    body = patch(client, link, expires_in=600).json()

    assert body["state"] == "active"
    assert 590 <= body["time_left"] <= 600
    assert fetch(link) == (200, CONTENT)
    assert patch(client, link, expires_in=None).json()["time_left"] is None


def test_revoked_link__stays_in_the_list_and_so_whatever_is_changed(client, link):
    fetch(link)

    assert client.delete(path_of(link)).status_code == 204

    assert fetch(link)[0] == 404
    [row] = client.get("/api/links/").json()["results"]
    assert (row["state"], row["time_left"], row["download_count"]) == ("revoked", 0, 1)
    revoked_at = values_of(link)["revoked_at"]
    assert client.delete(path_of(link)).status_code == 204
    assert patch(client, link, expires_in=None, max_downloads=None).json()["state"] == "revoked"
    assert values_of(link)["revoked_at"] == revoked_at


# Bounds of a tier


@pytest.mark.parametrize(
    ("fields", "taken", "refused"),
    [
        ({}, [300, 30_000], [299, 30_001, None]),
        ({"link_min_seconds": 60, "link_max_seconds": 60}, [60], [59, 61]),
        ({"allow_permanent_links": True}, [None, 300], [299, 30_001]),
    ],
)
def test_link__lasts_within_the_bounds_of_the_tier(
    client, organization, file, link, fields, taken, refused
):
    subscribe(organization, allow_links=True, **fields)

    for seconds in taken:
        assert outcome(create(client, file, expires_in=seconds)) == (201, None)
    for seconds in refused:
        assert outcome(create(client, file, expires_in=seconds)) == (400, ["expires_in"])
    assert outcome(patch(client, link, expires_in=taken[0])) == (200, None)
    assert outcome(patch(client, link, expires_in=refused[0])) == (400, ["expires_in"])
    assert ShareLink.objects.count() == len(taken) + 1


def test_tier_without_links__has_none(client, organization, picture, link):
    before = patch(client, link, expires_in=1).json()["expires_at"]
    subscribe(organization, allow_links=False)

    for values in ({}, {"expires_in": 1}, {"rendition": 200}, {"rendition": 999}):
        assert outcome(create(client, picture, **values)) == (403, "links_not_in_tier")
    assert outcome(patch(client, link, expires_in=300)) == (403, "links_not_in_tier")
    # What does not touch the end may still be changed, and the link be revoked.
    assert patch(client, link, label="Past").json()["expires_at"] == before
    assert client.delete(path_of(link)).status_code == 204
    assert ShareLink.objects.get() == link


def test_original_that_the_tier_does_not_have__is_not_shared(client, organization, picture, file):
    subscribe(organization, heights=[90], allow_links=True, allow_original=False)

    assert outcome(create(client, picture)) == (403, "original_not_in_tier")
    assert outcome(create(client, picture, rendition=90)) == (201, None)
    assert outcome(create(client, picture, rendition=300)) == (403, "height_not_in_tier")
    assert outcome(create(client, file)) == (201, None)


def test_link__is_closed_and_open_as_the_tier_changes(client, organization, picture):
    tier = subscribe(organization, allow_links=True)
    url = create(client, picture).json()["url"]
    missing = Client().get(f"/api/shared/{WRONG}/")

    def opened():
        response = Client().get(url)
        return response.status_code, response.getvalue()

    for field in ("allow_links", "allow_original"):
        setattr(tier, field, False)
        tier.save()
        assert opened() == (404, missing.content)
        setattr(tier, field, True)
        tier.save()
        assert opened() == (200, photo())
    # The bounds say how links are made, not which there are.
    tier.link_max_seconds = 600
    tier.save()
    assert opened() == (200, photo())
    assert Download.objects.count() == 3
