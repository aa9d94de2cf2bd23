"""Chromium, and the example site with its pages."""

import pytest

from tests.example.conftest import ADMIN_VARIABLES
from tests.servers.site import LiveSite
from tests.web.browser.person import launch

# A browser in another thread keeps an event loop in this one, in which Django refuses queries.
# These tests make none.


@pytest.fixture(scope="session")
def chromium():
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """A function that returns the example site under a policy, with ``demo_data`` if asked for."""
    started = {}

    def site(policy, *, demo=False):
        if (policy, demo) not in started:
            variables = {"ORG_FILES_POLICY": policy, "ORGANIZATION_CREATION": "anyone"}
            started[policy, demo] = LiveSite(variables | (ADMIN_VARIABLES if demo else {})).start()
            if demo:
                started[policy, demo].output = started[policy, demo].manage("demo_data")
        return started[policy, demo]

    yield site
    for each in started.values():
        each.stop()
