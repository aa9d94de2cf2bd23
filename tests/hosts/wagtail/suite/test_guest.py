"""The package beside the site's own pages and API."""

from django.core.checks import run_checks
from django.test import Client

from tests.hosts.schemas import schema_of, without_package
from tests.hosts.wagtail import site_urls
from tests.hosts.wagtail.cms.views import pages

HOST = "tests.hosts.wagtail"


def test_description_of_the_site__is_the_same_with_the_package():
    before, after = schema_of(f"{HOST}.before"), schema_of(f"{HOST}.site")
    assert {"File", "Organization", "User"} <= before["components"]["schemas"].keys()
    assert "/storage/files/" in after["paths"]
    assert without_package(after, "/storage/") == before


def test_pages_of_the_site__answer_what_is_left():
    assert Client().get("/about/us/").content == b"The page about/us/"
    assert Client().get("/api/files/").status_code == 401


def test_package_behind_the_pages__is_told_who_answers(settings):
    first = [pages, *site_urls.urlpatterns]
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": first})
    texts = [each.msg for each in run_checks() if each.id == "org_files.W013"]
    assert texts
    assert all(f"answered by {HOST}.cms.views.serve" in text for text in texts)
