"""Agents that fetch a link before a person does: the data file, and the page that needs none."""

import tomllib
from pathlib import Path

import pytest

import org_files
from org_files import conf
from org_files.models import ShareLink
from org_files.rest.views.shared import is_preview_agent
from tests.rest.contents import CONTENT
from tests.rest.shares import ask, fetch, used

PATH = Path(org_files.__file__).with_name("preview_agents.toml")
AGENTS = tomllib.loads(PATH.read_text(encoding="utf-8"))["agent"]


def test_each_entry__matches_its_fetcher_alone_and_no_entry_a_person(settings):
    for agent in AGENTS:
        settings.ORG_FILES = {}
        assert not is_preview_agent(agent["person"]), agent
        settings.ORG_FILES = {"LINK_PREVIEW_AGENTS": [agent["part"]]}
        assert is_preview_agent(agent["fetcher"]), agent


def test_list__is_the_default_of_the_setting():
    assert conf.link_preview_agents.default == tuple(agent["part"] for agent in AGENTS)


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture
def landing(link, settings):
    """A link for one download, of a site whose browsers get a page first."""
    settings.ORG_FILES = settings.ORG_FILES | {"LINK_LANDING": True}
    ShareLink.objects.update(max_downloads=1)
    return link


def test_browser__gets_a_page_whose_form_leads_to_the_bytes(landing):
    for _ in range(2):
        page = ask(landing, Accept=BROWSER)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
        assert b'<form method="post">' in page.body
        assert CONTENT not in page.body
    assert used(landing) == 0

    found = ask(landing, method="POST", Accept=BROWSER)

    assert (found.status_code, used(landing)) == (303, 0)
    path = found.headers["Location"].removeprefix("http://testserver")
    assert fetch(path, Accept=BROWSER) == (200, CONTENT)
    assert used(landing) == 1
    # Content that is shown in place is so behind the page, too.
    found = ask(landing, method="POST", query="?disposition=inline", Accept=BROWSER)
    assert found.headers["Location"].endswith("&disposition=inline")
    # Resumed after the access has ended.
    assert fetch(landing, Accept=BROWSER, Range="bytes=50-") == (206, CONTENT[50:])
    assert ask(landing, Accept=BROWSER).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "text/html;q=0"},
        {"Accept": "text/html;q=0.5, application/pdf"},
        {"Accept": "image/avif,image/webp,*/*;q=0.8"},
        {"Accept": "nonsense"},
        {"Accept": BROWSER, "Range": "bytes=0-"},
    ],
)
def test_every_other_request__gets_the_bytes(landing, headers):
    assert fetch(landing, **headers)[1] == CONTENT


def test_form__may_be_redirected_to_a_store_elsewhere(landing):
    policy = ask(landing, Accept=BROWSER).headers["Content-Security-Policy"].split("; ")

    # Chromium compares also the redirects of a form with this.
    assert "form-action 'self' https: http:" in policy
    assert "default-src 'none'" in policy


def test_head_of_a_browser__is_of_the_bytes(landing):
    assert ask(landing, method="HEAD", Accept=BROWSER).headers["Content-Length"] == "100"


def test_page_and_bytes__say_that_they_depend_on_accept(landing):
    for accept in (BROWSER, "*/*"):
        assert "Accept" in ask(landing, Accept=accept).headers["Vary"].split(", ")


def test_page__is_off_by_default(link):
    assert fetch(link, Accept=BROWSER) == (200, CONTENT)
