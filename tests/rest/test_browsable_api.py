"""Pages for browsers on every JSON path, with forms that work."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from rest_framework.views import APIView

from org_files import counters, get_file_model
from org_files.models import AbstractOrganization
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.conftest import blobs
from tests.rest.pages import HTML, Forms, page_of
from tests.rest.requests import MISSING_ID
from tests.rest.routes import ROUTES

PAGES = [route for route in ROUTES if not route.sends_bytes]


@pytest.fixture
def browser(user: Any, organization: AbstractOrganization) -> Client:
    """A browser with a session, which sends CSRF tokens only where a form has one."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    return browser


@pytest.fixture
def paths(user: Any, organization: AbstractOrganization) -> list[str]:
    file = make_stored_file(organization, user, name="<script>alert(1)</script>.txt")
    counters.record_download(file=file, user=user)
    things = {
        "files": file.public_id,
        "links": make_link(file, label="<script>alert(1)</script>").public_id,
        "organizations": organization.pk,
        "users": user.pk,
    }
    return [route.path(things) for route in PAGES]


def test_every_json_path__is_a_page_for_members_operators_and_anonymous_people(
    browser: Client, operator: Any, paths: list[str]
) -> None:
    browsers = [browser, Client(), Client()]
    browsers[1].force_login(operator)

    for who in browsers:
        for path in paths:
            page = page_of(who.get(path, headers=HTML))
            assert page.lstrip().startswith("<!DOCTYPE html>"), path
            assert "<script>alert(1)</script>" not in page, path
    for path in paths:
        page_of(browser.options(path, headers=HTML))


def test_errors__are_pages_too(browser: Client, organization: AbstractOrganization) -> None:
    for path, status in (
        (f"/api/files/{MISSING_ID}/", 404),
        (f"/api/organizations/{MISSING_ID}/files/", 404),
        ("/api/files/?page=99", 404),
        ("/api/files/?page_size=abc", 400),
        ("/api/files/?nonsense=1", 400),
        ("/api/files/?organization=abc", 400),
        ("/api/files/?cursor=zzz", 400),
        ("/api/files/?ordering=owner__password", 400),
        ("/api/organizations/?expand=files", 400),
        (f"/api/organizations/{organization.pk}/?expand=files", 400),
        (f"/api/organizations/{organization.pk}/usage/?days=0", 400),
        (f"/api/organizations/{organization.pk}/members/?ordering=role", 400),
        (f"/api/organizations/{organization.pk}/members/{MISSING_ID}/", 405),
        ("/api/users/?ordering=password", 400),
        (f"/api/users/{MISSING_ID}/", 404),
        ("/api/downloads/?user=987654321", 403),
    ):
        response = browser.get(path, headers=HTML)
        assert response.status_code == status, path
        page_of(response)


def test_wrong_methods_and_bodies__are_pages_too(browser: Client) -> None:
    for route in PAGES:
        for method in (route.missing_method, *sorted(route.methods - {"GET"})[:1]):
            response = browser.generic(
                method, route.path(), b"{", content_type="application/json", headers=HTML
            )
            assert 400 <= response.status_code < 500, (method, route)
            page_of(response)


def upload(browser: Client, **values: Any) -> Any:
    """Fill the upload form in and send all of it, as a browser does."""
    page = page_of(browser.get("/api/files/", headers=HTML))
    form = Forms(page).with_field("file")
    assert form["attributes"]["method"].upper() == "POST"
    assert form["attributes"]["enctype"] == "multipart/form-data"
    fields = {name: value for name, value in form["fields"].items() if value is not None}
    return browser.post(form["attributes"]["action"], fields | values, headers=HTML)


def named(content: bytes, name: str) -> BytesIO:
    file = BytesIO(content)
    file.name = name
    return file


def test_upload_form__uploads(browser: Client, settings: Any) -> None:
    response = upload(browser, file=named(b"some bytes", "a.txt"))

    assert response.status_code == 201
    page = page_of(response)
    assert "a.txt" in page
    file = get_file_model()._base_manager.get()
    assert (file.name, file.size, file.comment, file.resource) == ("a.txt", 10, "", "")
    assert file.is_public is False
    assert file.expires_at is None
    assert [path.read_bytes() for path in blobs(settings)] == [b"some bytes"]


def test_upload_form__has_every_field_that_an_upload_takes(browser: Client) -> None:
    form = Forms(page_of(browser.get("/api/files/", headers=HTML))).with_field("file")

    assert set(form["fields"]) == {
        "csrfmiddlewaretoken",
        "file",
        "organization",
        "name",
        "comment",
        "resource",
        "resource_id",
        "expires_at",
    }


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"file": "text"}, 400),
        ({"expires_at": "yesterday"}, 400),
    ],
)
def test_upload_form_with_an_error__is_shown_again(
    browser: Client, values: dict[str, str], status: int
) -> None:
    files = {} if "file" in values else {"file": named(b"x", "a.txt")}

    response = upload(browser, **values | files)

    assert response.status_code == status
    assert Forms(page_of(response)).with_field("file")
    assert get_file_model()._base_manager.count() == 0


def test_upload_form_without_its_csrf_token__is_403(browser: Client) -> None:
    response = upload(browser, file=named(b"x", "a.txt"), csrfmiddlewaretoken="")

    assert response.status_code == 403
    page_of(response)


def test_lists__have_forms_of_their_filters(browser: Client) -> None:
    page = page_of(browser.get("/api/files/", headers=HTML))

    assert set(re.findall(r'name="([a-z_]+)"', page)) >= {
        "search",
        "organization",
        "owner",
        "is_picture",
        "created_after",
        "min_size",
    }


@pytest.fixture
def opinionated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site whose own views neither take forms nor answer in HTML."""
    monkeypatch.setattr(APIView, "parser_classes", [])
    monkeypatch.setattr(APIView, "renderer_classes", [])


@pytest.mark.usefixtures("opinionated")
def test_parsers_and_renderers_of_the_site__do_not_reach_the_pages(browser: Client) -> None:
    assert upload(browser, file=named(b"x", "a.txt")).status_code == 201
    page = page_of(browser.get("/api/files/", headers=HTML))
    assert "&quot;a.txt&quot;" in page


class TestSwitchedOff:
    """ORG_FILES["BROWSABLE_API"] = False."""

    @pytest.fixture(autouse=True)
    def _off(self, settings: Any) -> None:
        settings.ORG_FILES = {"BROWSABLE_API": False}

    def test_browsers__get_json(self, browser: Client, paths: list[str]) -> None:
        for path in paths:
            response = browser.get(path, headers=HTML)
            assert response.headers["Content-Type"] == "application/json", path

    def test_html_alone__is_406(self, browser: Client) -> None:
        response = browser.get("/api/files/", headers={"Accept": "text/html"})

        assert response.status_code == 406
        assert response.json()["code"] == "not_acceptable"

    def test_format_of_pages__is_404(self, browser: Client) -> None:
        assert browser.get("/api/files/?format=api").status_code == 404
