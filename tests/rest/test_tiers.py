"""Tiers as clients see them: the list, an organization's own, its heights and originals."""

import pytest

from org_files.models import Tier
from org_files.organizations import create_organization
from org_files.serving import original
from org_files.testing.factories import make_tier, make_user, subscribe
from tests.pictures.stored import make_picture, photo
from tests.renditions.pictures import picture
from tests.rest.contents import url
from tests.rest.renditions import counted_nothing, fetch, image_of
from tests.rest.requests import post_file, signed_in

TIERS = "/api/tiers/"


def test_list__has_everything_of_each(client):
    Tier.objects.all().delete()
    plain = make_tier("Plain", heights=[], allow_original=False)
    links = {"link_min_seconds": 60, "link_max_seconds": 3600, "allow_permanent_links": True}
    sizes = {"max_file_size": 10, "quota_bytes": 2**40, "quota_files": 5}
    full = make_tier("Full", heights=[400, 90], allow_links=True, **links, **sizes)

    page = client.get(TIERS).json()

    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    assert page["results"] == [
        {
            "id": plain.pk,
            "name": "Plain",
            "heights": [],
            "allow_original": False,
            "allow_links": False,
            "link_min_seconds": 300,
            "link_max_seconds": 30_000,
            "allow_permanent_links": False,
            **dict.fromkeys(sizes),
        },
        {
            "id": full.pk,
            "name": "Full",
            "heights": [90, 400],
            "allow_original": True,
            "allow_links": True,
            **links,
            **sizes,
        },
    ]


def test_list__is_ordered_and_paged(client):
    Tier.objects.all().delete()
    for name in ("b", "a", "c"):
        make_tier(name)

    for query, names in (
        ("", ["b", "a", "c"]),
        ("ordering=name", ["a", "b", "c"]),
        ("ordering=-id", ["c", "a", "b"]),
        ("page=2&page_size=2", ["c"]),
        ("cursor=&ordering=-name", ["c", "b", "a"]),
    ):
        assert [tier["name"] for tier in client.get(f"{TIERS}?{query}").json()["results"]] == names
    for query in ("ordering=heights", "name=Basic"):
        assert client.get(f"{TIERS}?{query}").status_code == 400


def test_organization__shows_the_id_of_its_tier(client, admin, organization):
    path = f"/api/organizations/{organization.pk}/"
    assert client.get(path).json()["tier"] is None

    tier = subscribe(organization)

    assert client.get(path).json()["tier"] == tier.pk
    [listed] = client.get("/api/organizations/").json()["results"]
    assert listed["tier"] == tier.pk
    values = {"name": "Acme & Co", "tier": None}
    changed = signed_in(admin).patch(path, values, content_type="application/json")
    assert (changed.status_code, changed.json()["tier"]) == (200, tier.pk)
    organization.org_files_subscription.delete()
    assert client.get(path).json()["tier"] is None


def test_renditions__are_those_of_the_tier_wherever_a_file_is_shown(client, organization):
    stored = post_file(client, photo(64, 48), "a.jpg", resource="shop", resource_id="1").json()
    path = f"/api/files/{stored['id']}/"
    link = {"height": 200, "url": f"http://testserver{path}renditions/200/"}
    assert stored["renditions"] == [link, {**link, "height": 400, "url": f"{link['url'][:-4]}400/"}]

    subscribe(organization, heights=[200])
    changed = client.patch(path, {"comment": "x"}, content_type="application/json").json()
    client.delete(path)
    shown = [changed, client.post(f"{path}restore/").json(), client.get(path).json()]
    for listed in (
        "/api/files/",
        "/api/files/?cursor=",
        f"/api/organizations/{organization.pk}/files/",
        "/api/resources/shop/1/files/",
    ):
        shown += client.get(listed).json()["results"]

    assert [body["renditions"] for body in shown] == [[link]] * 7
    assert {body["is_picture"] for body in shown} == {True}


# Originals


@pytest.fixture
def basic(organization):
    """The tier of the organization, which has no originals."""
    return subscribe(organization, heights=[200], allow_original=False)


@pytest.mark.usefixtures("basic", "backend")
def test_original_that_the_tier_does_not_have__is_403_and_nothing_is_counted(
    client, stranger, organization
):
    picture = make_picture(organization)
    for headers in (
        {},
        {"Range": "bytes=999999999-"},
        {"If-None-Match": original(picture).etag},
    ):
        response = client.get(url(picture), headers=headers)
        assert response.status_code == 403
        assert response.json() == {
            "detail": "The organization's tier does not have original pictures.",
            "code": "original_not_in_tier",
        }
        assert "ETag" not in response.headers
    # A stranger is told nothing of tiers.
    assert signed_in(stranger).get(url(picture)).status_code == 404
    assert client.head(url(picture)).status_code == 403
    assert image_of(fetch(client, picture, 200)).height == 200
    assert counted_nothing()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "heights"), [("JPEG", [20]), ("PNG", [20, 5000]), ("GIF", []), ("WEBP", [400])]
)
def test_upload_that_could_not_be_read_at_all__is_refused(settings, kind, heights):
    whole = picture(64, 48, kind).getvalue()
    for name, allowed, status in (("with", True, 201), ("without", False, 422)):
        make_tier(name, heights=heights, allow_original=allowed)
        settings.ORG_FILES = {"DEFAULT_TIER": name}
        user = make_user(name)
        create_organization(admin=user, name=name)
        client = signed_in(user)
        response = post_file(client, whole[: len(whole) // 2], f"a.{kind}")
        assert response.status_code == status
        assert post_file(client, whole, f"b.{kind}").status_code == 201
    assert response.json()["code"] == "not_a_picture"
    settings.ORG_FILES = {"MAX_PICTURE_PIXELS": 1, "DEFAULT_TIER": name}
    large = post_file(client, picture(64, 48, "JPEG", progressive=True).getvalue(), "c.jpg")
    assert (large.status_code, large.json()["code"]) == (422, "not_a_picture")
