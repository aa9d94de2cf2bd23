"""Share links and tickets to one height of a picture: that height, and nothing else."""

import pytest

from org_files.models import ShareLink
from org_files.testing.factories import make_stored_file, subscribe
from tests.pictures.stored import heights_there, make_picture
from tests.rest.renditions import counted_nothing, fetch, image_of, path_of
from tests.rest.shares import WRONG, ask


@pytest.fixture
def picture(organization, user):
    return make_picture(organization, user, name="Trip.png")


def post(client, file, path, **values):
    path = f"/api/files/{file.public_id}/{path}/"
    return client.post(path, values, content_type="application/json")


def create(client, file, height, **values):
    """Create a link, and return its JSON."""
    values = {"expires_in": 300, "rendition": height} | values
    return post(client, file, "links", **values).json()


def ticket(client, file, **values):
    return post(client, file, "ticket", **values)


def used(link):
    return ShareLink.objects.get(public_id=link["id"]).used


def test_link_to_a_height__gives_exactly_that_one(client, picture):
    link = create(client, picture, 400)
    assert link["rendition"] == 400

    response = ask(link["url"])

    assert image_of(response).height == 400
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Trip.jpg"'
    assert response.body == fetch(client, picture, 400).body


# An answer that is taken back closes the connection, as Django does at the end of each.
@pytest.mark.django_db(transaction=True)
def test_parts_of_a_height__are_one_use(client, picture):
    link = create(client, picture, 200, max_downloads=1)
    whole = fetch(client, picture, 200).body

    first = ask(link["url"], Range="bytes=0-99")
    rest = ask(link["url"], Range="bytes=100-")

    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.body + rest.body == whole
    assert ask(link["url"], If_None_Match=first.headers["ETag"]).status_code == 404
    assert used(link) == 1
    assert client.get(f"/api/links/{link['id']}/").json()["state"] == "exhausted"
    # By another client it would be a use of its own.
    assert ask(link["url"], Range="bytes=0-9", User_Agent="another").status_code == 404
    assert counted_nothing()


def test_height_that_the_tier_lost__is_not_opened_until_it_has_it_again(
    client, organization, picture
):
    tier = subscribe(organization, heights=[200, 400], allow_links=True)
    link = create(client, picture, 400)
    url = ticket(client, picture, height=400).json()["url"]
    tier.heights = [200]
    tier.save()

    refused = ask(link["url"])
    assert (refused.status_code, refused.body) == (404, ask(f"/api/shared/{WRONG}/").body)
    assert used(link) == 0
    refused = ask(url)
    assert (refused.status_code, refused.json()["code"]) == (403, "height_not_in_tier")
    assert heights_there(picture) == []
    tier.heights = [400]
    tier.save()
    assert ask(link["url"]).status_code == ask(url).status_code == 200


def test_link_to_what_cannot_be_decoded__is_422_and_no_use(client, organization, user):
    file = make_picture(organization, user, content=b"\xff\xd8\xff half a picture")
    link = create(client, file, 200)

    refused = ask(link["url"])

    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_picture")
    assert used(link) == 0


def test_ticket_to_a_height__opens_that_one_alone_without_a_login(client, organization, picture):
    url = ticket(client, picture, height=200).json()["url"]
    assert url.startswith(f"http://testserver{path_of(picture, 200)}?")

    assert image_of(ask(url)).height == 200
    shown = ask(f"{url}&disposition=inline")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert counted_nothing()
    query = url.partition("?")[2]
    for other in ("renditions/400/", "renditions/0200/", "content/", ""):
        assert ask(f"/api/files/{picture.public_id}/{other}?{query}").status_code == 401
    assert ask(f"{path_of(make_picture(organization), 200)}?{query}").status_code == 401
    query = ticket(client, picture).json()["url"].partition("?")[2]
    assert ask(f"{path_of(picture, 200)}?{query}").status_code == 401


def test_what_the_tier_does_not_have__gets_no_ticket(client, organization, user, picture):
    before = ticket(client, picture).json()["url"]
    subscribe(organization, heights=[200], allow_original=False)

    for values, code in (({}, "original_not_in_tier"), ({"height": 300}, "height_not_in_tier")):
        refused = ticket(client, picture, **values)
        assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert ticket(client, make_stored_file(organization, user)).status_code == 200
    assert ticket(client, picture, height=200).status_code == 200
    # One that was given before opens it no more.
    assert ask(before).json()["code"] == "original_not_in_tier"
