"""Chromium, and the example site with its pages."""

from contextlib import ExitStack

import pytest

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


@pytest.fixture
def sites():
    """A function that returns a new example site under a policy."""
    with ExitStack() as stack:
        yield lambda policy: stack.enter_context(LiveSite({"ORG_FILES_POLICY": policy}))
