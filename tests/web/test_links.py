"""The pages of share links."""

import re
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.http import QueryDict
from django.urls import include, path
from django.utils import timezone

from org_files.links import LinkBounds, token_of
from org_files.models import ShareLink
from org_files.testing.factories import make_link, make_stored_file, subscribe
from org_files.web import qr
from org_files.web.durations import duration, offered
from org_files.web.link_forms import link_data
from tests.pictures.stored import make_picture
from tests.web.pages import browser_of, queries_of, text_of

pytestmark = pytest.mark.django_db

#: A site with the pages alone.
urlpatterns = [path("library/", include("org_files.web.urls"))]


@pytest.fixture
def browser(organization_member):
    return browser_of(organization_member)


def make(browser, file, **form):
    return browser.post(f"/library/files/{file.public_id}/links/", form)


def url_of(link, what=""):
    return f"/library/links/{link.public_id}/{what}"


def ids_of_checks(**options):
    return {message.id for message in run_checks(**options)}


def choices_of(answer):
    return [value for value, _text in answer.context["link_form"].expiry.choices]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (59, "59 seconds"),
        (300, "5 minutes"),
        (30_000, "8 hours 20 minutes"),
        (90_061, "1 day 1 hour"),
        (31_536_000, "365 days"),
    ],
)
def test_duration__is_told_in_two_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (LinkBounds(300, 30_000, allow_permanent=False), [300, 3600, 28_800]),
        (LinkBounds(10, 20, allow_permanent=False), [20]),
        (LinkBounds(86_400), [86_400, 604_800, 2_592_000, 31_536_000]),
        (LinkBounds(10**9), []),
    ],
)
def test_times_that_are_offered__are_within_the_bounds(bounds, expected):
    assert offered(bounds) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("expires_in=3600", "3600"),
        ("expires_in=never", None),
        ("expires_in=3600&expires_number=&expires_unit=60", "3600"),
        ("expires_in=3600&expires_number=2&expires_unit=86400", "172800"),
        ("expires_in=3600&expires_number=2&expires_unit=7", "?"),
        ("expires_in=3600&expires_number=-2&expires_unit=60", "?"),
        ("expires_in=3600&expires_number=1e3&expires_unit=60", "?"),
    ],
)
def test_time_of_a_form__is_sent_in_seconds(form, expected):
    assert link_data(QueryDict(form))["expires_in"] == expected


def test_time_that_is_kept__is_not_sent():
    assert "expires_in" not in link_data(QueryDict("expires_in=keep&label=a"))


def test_link__is_made_and_its_address_shown(browser, stored_file, organization_member):
    answer = make(
        browser,
        stored_file,
        expires_in="never",
        max_downloads="3",
        label="For Grace",
        password="s p",
    )

    link = ShareLink.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, url_of(link))
    assert (link.created_by, link.expires_at) == (organization_member, None)
    assert (link.max_downloads, link.label, bool(link.password)) == (3, "For Grace", True)
    page = text_of(browser.get(url_of(link)))
    assert f'readonly value="http://testserver/api/shared/{token_of(link)}/"' in page
    assert "For Grace" in page
    assert "0 of 3" in page
    assert "s p" not in page
    assert "The link is made." in page


def test_link_with_an_error__is_not_made(browser, organization, stored_file):
    subscribe(organization, allow_links=True)

    answer = make(
        browser,
        stored_file,
        expires_in="3600",
        expires_number="9",
        expires_unit="86400",
        label="<b>",
        max_downloads="0",
        password="secret",
    )

    assert (answer.status_code, ShareLink.objects.count()) == (400, 0)
    page = text_of(answer)
    assert "At most 30000 seconds." not in page  # the serializer has refused before
    assert "Ensure this value is greater than or equal to 1." in page
    assert 'value="&lt;b&gt;"' in page
    assert 'value="9"' in page
    assert '<option value="86400" selected>' in page
    assert "<details open>" in page
    assert "secret" not in page
    refused = make(browser, stored_file, expires_number="9", expires_unit="86400")
    assert "At most 30000 seconds." in text_of(refused)
    unknown = make(browser, stored_file, expires_in="soon")
    assert unknown.status_code == 400
    assert "A valid integer is required." in text_of(unknown)


def test_times_and_heights__are_those_of_the_tier(browser, organization, organization_member):
    subscribe(organization, heights=[100, 200], allow_original=False, allow_links=True)
    picture = make_picture(organization, organization_member)

    answer = browser.get(f"/library/files/{picture.public_id}/links/")

    assert choices_of(answer) == ["300", "3600", "28800"]
    assert "Between 5 minutes and 8 hours 20 minutes." in text_of(answer)
    heights = [field for field in answer.context["link_form"].more if field.name == "rendition"]
    assert [value for value, _text in heights[0].choices] == ["100", "200"]
    assert make(browser, picture, expires_in="300", rendition="200").status_code == 303
    assert ShareLink.objects.get().rendition == 200


def test_tier_without_links__is_told(browser, organization, stored_file):
    link = make_link(stored_file)
    subscribe(organization)
    sentence = "tier does not have share links."

    for what in ("", "links/"):
        page = text_of(browser.get(f"/library/files/{stored_file.public_id}/{what}"))
        assert sentence in page
        assert "Make a link" not in page
    page = text_of(browser.get(url_of(link)))
    assert sentence in page
    assert ">Save<" not in page
    assert make(browser, stored_file, expires_in="300").status_code == 403


def test_file_that_is_no_picture__has_no_height(browser, stored_file):
    page = text_of(browser.get(f"/library/files/{stored_file.public_id}/links/"))

    assert "There are no links to this file yet." in page
    assert 'name="rendition"' not in page


def test_change__keeps_what_is_not_touched(browser, stored_file):
    link = make_link(stored_file, label="Old", max_downloads=5, expires_in=3600)
    before = link.expires_at
    page = browser.get(url_of(link))
    assert choices_of(page)[0] == "keep"
    assert 'value="Old"' in text_of(page)

    form = {"expires_in": "keep", "label": "New", "max_downloads": ""}
    assert browser.post(url_of(link), form).headers["Location"] == url_of(link)

    link.refresh_from_db()
    assert (link.label, link.max_downloads, link.expires_at) == ("New", None, before)
    assert browser.post(url_of(link), {"expires_in": "86400"}).status_code == 303
    link.refresh_from_db()
    assert link.expires_at - timezone.now() > timedelta(hours=23)


def test_revocation__asks_first(browser, stored_file, client):
    link = make_link(stored_file)
    assert "ends at once and for good" in text_of(browser.get(url_of(link, "revoke/")))
    assert client.get(f"/api/shared/{token_of(link)}/").status_code == 200

    assert browser.post(url_of(link, "revoke/")).headers["Location"] == url_of(link)

    assert client.get(f"/api/shared/{token_of(link)}/").status_code == 404
    page = text_of(browser.get(url_of(link)))
    assert "This link is revoked. It does not open." in page
    assert token_of(link) not in page
    assert ">Save<" not in page
    assert url_of(link, "revoke/") not in page


def test_qr_code__is_that_of_the_address(browser, stored_file, monkeypatch):
    link = make_link(stored_file)

    answer = browser.get(url_of(link, "qr.svg"))

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    # Strict policies of the site allow no style in it.
    assert re.match(rb"<svg [^>]*>", answer.content)
    assert b"style" not in answer.content
    assert answer.content == qr.qr_svg(f"http://testserver/api/shared/{token_of(link)}/")
    assert answer.content != qr.qr_svg("http://testserver/")
    assert url_of(link, "qr.svg") in text_of(browser.get(url_of(link)))


def test_site_without_segno__has_no_codes(browser, stored_file, monkeypatch):
    link = make_link(stored_file)
    for module in ("org_files.web.views.links", "org_files.web.checks"):
        monkeypatch.setattr(f"{module}.has_segno", lambda: False)

    assert url_of(link, "qr.svg") not in text_of(browser.get(url_of(link)))
    assert browser.get(url_of(link, "qr.svg")).status_code == 404
    assert "org_files.W007" in ids_of_checks(include_deployment_checks=True)
    assert "org_files.W007" not in ids_of_checks()


def test_pages_without_the_api__are_an_error(settings):
    assert "org_files.E052" not in ids_of_checks()
    settings.ROOT_URLCONF = __name__
    assert "org_files.E052" in ids_of_checks()


def test_link_of_another_key_of_the_site__has_no_address(browser, stored_file, settings):
    link = make_link(stored_file)
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-of-text"
    browser = browser_of(stored_file.owner)

    assert "the key of the site has changed" in text_of(browser.get(url_of(link)))
    assert browser.get(url_of(link, "qr.svg")).status_code == 404


def test_my_links__are_those_that_one_made(browser, stored_file, organization_admin):
    make_link(stored_file, label="Mine", expires_in=7200)
    make_link(stored_file, label="Over", expires_at=timezone.now() - timedelta(seconds=1))
    make_link(stored_file, label="Spent", max_downloads=1, used=1)
    make_link(stored_file, organization_admin, label="Not mine")

    def labels(query=""):
        links = browser.get(f"/library/links/?{query}").context["links"]
        return [shown.link.label for shown in links]

    assert labels() == ["Spent", "Over", "Mine"]
    assert labels("state=active") == ["Mine"]
    assert labels("state=expired") == ["Over"]
    assert labels("state=exhausted") == ["Spent"]
    assert labels("state=revoked") == []
    page = text_of(browser.get("/library/links/?state=active"))
    assert re.search(r"<time [^>]*data-left>1\xa0hour, 59\xa0minutes</time>", page)
    assert '<option value="active" selected>' in page
    assert "No link is in this state." in text_of(browser.get("/library/links/?state=revoked"))
    assert browser.get("/library/links/?state=open").status_code == 400


def test_my_links__say_what_to_do_where_there_are_none(browser):
    assert "You have shared nothing yet." in text_of(browser.get("/library/links/"))


def test_my_links__ask_as_often_for_many(browser, organization, organization_member):
    def add(number):
        for _ in range(number):
            make_link(make_stored_file(organization, organization_member))

    add(1)
    few = queries_of(browser, "/library/links/")
    add(29)
    assert queries_of(browser, "/library/links/") == few
