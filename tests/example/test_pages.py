"""The policy of the example site's pages, and its page of an unexpected error."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.views.defaults import server_error
from example.middleware import PAGE_POLICY, PagePolicyMiddleware

from tests.servers.site import EXAMPLE_PROJECT

NAME = "Content-Security-Policy"


def send(path, **response):
    """Return the policy of an answer behind the middleware."""
    behind = PagePolicyMiddleware(lambda request: HttpResponse(**response))
    return behind(RequestFactory().get(path)).headers.get(NAME)


def test_policy__is_that_of_pages_and_leaves_others_theirs():
    assert send("/") == send("/nothing", status=404) == PAGE_POLICY
    assert send("/files/a/content/", headers={NAME: "sandbox"}) == "sandbox"
    assert send("/admin/") is send("/api/docs/") is send("/api-auth/login/") is None


@pytest.mark.parametrize("debug", [False, True])
def test_unexpected_error__has_the_policy_but_for_the_page_of_debug(settings, debug):
    settings.DEBUG = debug
    assert send("/", status=500) == (None if debug else PAGE_POLICY)


def test_page_of_an_unexpected_error__needs_no_session_and_no_database(settings):
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [EXAMPLE_PROJECT / "example" / "templates"]}]

    answer = server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
