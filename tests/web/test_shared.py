"""Pages of share links for outsiders, and their looks."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils import timezone

from org_files.models import Download, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.shares import FORM, WRONG, ask

pytestmark = pytest.mark.django_db

BROWSER = "text/html,*/*;q=0.8"


@pytest.fixture
def link(organization, organization_member, settings):
    settings.ORG_FILES = {"LINK_LANDING": True}
    content = b"x" * 1500
    file = make_stored_file(organization, organization_member, name="<b>Отчёт.txt", content=content)
    return make_link(file)


def page_of(link, **options):
    answer = ask(link, Accept=BROWSER, **options)
    return answer.status_code, answer.headers["Content-Security-Policy"], answer.body.decode()


def test_page_shows_name_and_size_and_counts_nothing(link):
    status, _policy, page = page_of(link)

    assert status == 200
    assert "&lt;b&gt;Отчёт.txt" in page
    assert "1.5\xa0KB" in page
    assert "<script" not in page
    assert not Download.objects.exists()


@pytest.mark.parametrize("landing", [True, False])
def test_page_that_asks_for_a_password_shows_the_file_only_as_a_landing_page(
    link, landing, settings
):
    settings.ORG_FILES = {"LINK_LANDING": landing}
    ShareLink.objects.update(password="!")

    status, _policy, page = page_of(link)
    wrong, _policy, told = page_of(link, method="POST", body="password=a", content_type=FORM)

    # A browser would write an error for a page with 401 into its console.
    assert (status, wrong) == (200 if landing else 401, 403)
    for text in (page, told):
        assert 'type="password"' in text
        assert ("Отчёт" in text) == landing
        assert ("KB" in text) == landing
    assert 'role="alert">The password is wrong.' in told
    assert 'aria-describedby="of-error"' in told


def test_page_wears_the_looks_of_the_pages_where_they_are_installed(link, monkeypatch):
    sheet = static("org_files_web/org-files.css")

    _status, policy, page = page_of(link)
    assert f'href="{sheet}"' in page
    assert "<style" not in page
    assert "style-src 'self'" in policy
    assert finders.find("org_files_web/org-files.css")

    monkeypatch.setattr(apps.get_app_config("org_files_web"), "org_files_shared_template", "")
    _status, _policy, page = page_of(link)
    assert sheet not in page
    assert "<style" in page


def test_static_files_of_another_server_are_allowed(link, settings):
    settings.STATIC_URL = "https://cdn.example/static/"

    assert "style-src 'self' 'unsafe-inline' https://cdn.example;" in page_of(link)[1]


def test_link_that_is_over_says_so_as_an_unknown_one_does(link):
    ended = make_link(link.file, expires_at=timezone.now() - timedelta(seconds=1))

    answers = [ask(each, Accept=BROWSER) for each in (ended, f"/api/shared/{WRONG}/")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert "This link does not work" in answers[0].body.decode()
    assert "<form" not in answers[0].body.decode()
    assert ask(ended, Accept="*/*").headers["Content-Type"] == "application/json"
