"""Pages of the package in the looks of a site, and files on a page of the site."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user
from org_files.web.urls import urlpatterns
from org_files.web.views.base import Page
from tests.hosts.pages.shop.models import Lamp

pytestmark = pytest.mark.django_db

FORM = re.compile(r"<org-files-uploader.*?</form>", re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def lamp():
    return Lamp.objects.create(company=make_organization("Lamps"), name="Desk lamp")


@pytest.fixture
def seller(lamp):
    user = make_user()
    join(lamp.company, user, Role.ADMIN)
    user.user_permissions.add(
        Permission.objects.get(codename="change_lamp", content_type__app_label="shop")
    )
    return user


@pytest.fixture
def browser(seller):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(seller)
    return browser


def test_site_passes_its_checks():
    call_command("check", fail_level="WARNING")


def test_every_page__has_the_document_the_style_sheet_and_the_block_of_the_site(browser):
    routes = [str(p.pattern) for p in urlpatterns if issubclass(p.callback.view_class, Page)]
    pages = [browser.get(f"/files/{route}") for route in routes if "<" not in route]
    texts = [page.content.decode() for page in pages if page.status_code == 200]

    assert len(texts) > 6
    for text in [*texts, browser.get("/files/files/0/").content.decode()]:
        assert text.count("<main") == text.count("<title") == 1
        assert "<title>" in text
        assert " | Lamps</title>" in text
        assert text.count("Lamps: our papers") == 1
        sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', text)
        assert sheets == ["/static/shop/shop.css", "/static/org_files_web/org-files.css"]
    assert finders.find("shop/shop.css")


def test_file_from_a_page_of_the_site__is_uploaded_shown_and_downloaded(browser, lamp):
    page = f"/lamps/{lamp.pk}/"
    fields = dict(HIDDEN.findall(FORM.search(browser.get(page).content.decode())[0]))

    answer = browser.post("/files/", {**fields, "file": SimpleUploadedFile("a.txt", b"Bright")})

    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    text = browser.get(page).content.decode()
    url = re.search(r'href="(/files/files/[^"]+/content/)"', text)[1]
    assert b"".join(browser.get(url).streaming_content) == b"Bright"
    assert lamp.attachments.get().name == "a.txt"


def test_page_of_a_reader__has_the_files_and_no_form(lamp, seller):
    reader, stranger = make_user("eve"), make_user("mallory")
    join(lamp.company, reader, Role.VIEWER)
    lamp.attachments.add(SimpleUploadedFile("a.txt", b"Bright"), by=seller)
    seen = {}
    for user in (reader, stranger):
        browser = Client()
        browser.force_login(user)
        seen[user] = browser.get(f"/lamps/{lamp.pk}/").content.decode()

    assert "a.txt" in seen[reader]
    assert "a.txt" not in seen[stranger]
    assert not any("<org-files-uploader" in text for text in seen.values())
