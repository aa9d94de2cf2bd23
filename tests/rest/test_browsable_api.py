"""Pages for browsers on every JSON path, with forms that do what they say."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from org_files import counters, get_file_model
from org_files.links import token_of
from org_files.models import ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.conftest import blobs
from tests.rest.pages import (
    HTML,
    Forms,
    fill_in,
    page_of,
    press_delete,
    send_raw,
    visitor,
)
from tests.rest.requests import MISSING_ID, code_of
from tests.rest.routes import ROUTES

PAGES = [route for route in ROUTES if not route.sends_bytes]
PASSWORD = "Correct-horse-7"


@pytest.fixture
def browser(user):
    return visitor(user)


@pytest.fixture
def things(organization, user):
    """Ids of what the member sees."""
    file = make_stored_file(organization, user, name="<script>alert(1)</script>.txt")
    counters.record_download(file=file, user=user)
    return {
        "files": str(file.public_id),
        "links": str(make_link(file, label="<script>alert(1)</script>").public_id),
        "organizations": str(organization.pk),
        "users": str(user.pk),
    }


def test_every_json_path__is_a_page_that_offers_every_change(superuser, things):
    anonymous = [route for route in PAGES if route.is_public or route.text == "files/"]
    for visitor_, routes in ((visitor(superuser), PAGES), (visitor(), anonymous)):
        for route in routes:
            page = page_of(visitor_.get(route.path(things), headers=HTML))
            assert page.lstrip().startswith("<!DOCTYPE html>"), route
            assert "<script>alert(1)</script>" not in page, route
            is_known = routes is PAGES or route.is_public
            assert Forms(page).methods() == (route.methods - {"GET"} if is_known else set()), route


def test_errors__are_pages_too(browser):
    for path, status in (
        (f"/api/files/{MISSING_ID}/", 404),
        ("/api/files/?cursor=zzz", 400),
        ("/api/auth/login/", 405),
        ("/api/downloads/?user=987654321", 403),
    ):
        page_of(browser.get(path, headers=HTML), status)
    broken = browser.generic("POST", "/api/token/", b"{", "application/json", headers=HTML)
    page_of(broken, 400)
    page_of(browser.options("/api/files/", headers=HTML), 200)


# What forms do. A call that answers nothing answers a page with 200.


def named(content, name):
    file = BytesIO(content)
    file.name = name
    return file


def test_upload_form__uploads(browser, settings):
    response = fill_in(browser, "/api/files/", file=named(b"some bytes", "a.txt"))

    assert "a.txt" in page_of(response, 201)
    file = get_file_model()._base_manager.get()
    assert (file.name, file.size, file.comment, file.resource) == ("a.txt", 10, "", "")
    assert (file.is_public, file.expires_at) == (False, None)
    assert [path.read_bytes() for path in blobs(settings)] == [b"some bytes"]


@pytest.mark.usefixtures("unchanged")
def test_upload_form_with_an_error__is_shown_again(browser):
    file = {"file": named(b"x", "a.txt")}
    response = fill_in(browser, "/api/files/", **file, expires_at="yesterday")
    assert Forms(page_of(response, 400)).with_field("file")
    page_of(fill_in(browser, "/api/files/", **file, csrfmiddlewaretoken=""), 403)


def test_link_form__makes_a_link_and_the_page_of_it_changes_it(browser, things):
    path = f"/api/files/{things['files']}/links/"

    made = page_of(fill_in(browser, path, expires_in="600"), 201)
    unsaid = page_of(fill_in(browser, path, expires_in=""), 400)
    page_of(send_raw(browser, path, "POST", expires_in=None), 201)
    link, other = ShareLink.objects.exclude(public_id=things["links"]).order_by("pk")
    page_of(send_raw(browser, f"/api/links/{link.public_id}/", "PATCH", label="Mine."), 200)

    assert Forms(unsaid).with_field("expires_in")
    assert str(token_of(link)) in made
    assert other.expires_at is None
    link.refresh_from_db()
    assert link.label == "Mine."


def test_profile_pages__change_the_picture_and_the_profile(browser, user):
    picture = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "JPEG")
    path = "/api/users/me/avatar/"

    stored = fill_in(browser, path, avatar=named(picture.getvalue(), "me.jpg"))
    assert f"/api/users/{user.pk}/avatar/" in page_of(stored, 200)
    shown = browser.get(f"/api/users/{user.pk}/avatar/", headers=HTML)
    assert shown.headers["Content-Type"].startswith("image/")
    assert shown.getvalue()
    refused = fill_in(browser, path, avatar=named(b"no picture", "me.jpg"))
    assert Forms(page_of(refused, 400)).with_field("avatar")
    page_of(press_delete(browser, path), 200)
    changed = send_raw(browser, "/api/users/me/", "PATCH", phone="+4930123456")
    assert "+4930123456" in page_of(changed, 200)


def test_pages_of_accounts__register_log_in_and_out_and_give_tokens(db):
    browser = visitor()
    login = {"email": "new@example.com", "password": PASSWORD}

    page_of(fill_in(browser, "/api/auth/register/", **login, first_name="New"), 201)
    assert Forms(page_of(fill_in(browser, "/api/auth/register/", **login), 400))
    page_of(send_raw(browser, "/api/auth/login/", "POST", **login), 200)
    password = {"old_password": PASSWORD, "new_password": "Wrong-horse-8"}
    page_of(fill_in(browser, "/api/users/me/password/", **password), 200)
    page_of(send_raw(browser, "/api/auth/logout/", "POST"), 200)
    assert browser.get("/api/users/me/", headers=HTML).status_code == 401
    page_of(fill_in(browser, "/api/token/", **login | {"password": "Wrong-horse-8"}), 200)


def test_site_without_pages__answers_browsers_in_json(settings, browser):
    settings.ORG_FILES = {"BROWSABLE_API": False}

    assert browser.get("/api/files/", headers=HTML).headers["Content-Type"] == "application/json"
    html_alone = browser.get("/api/files/", headers={"Accept": "text/html"})
    assert code_of(html_alone) == (406, "not_acceptable")
    assert browser.get("/api/files/?format=api").status_code == 404
    assert Client().get("/api/files/", headers=HTML).json()["code"] == "not_authenticated"
