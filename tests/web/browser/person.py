"""A person at a browser, with a profile of their own, who sees all that goes wrong in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.servers.chromium import NAMES, OPTIONS

PASSWORD = "correct horse battery staple"

#: Drops files on the page. Their bytes are made there: letters, or the pictures given.
DROP = """
async (files) => {
  const transfer = new DataTransfer();
  for (const {name, size, letter, base64} of files) {
    const bytes = base64
      ? Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))
      : new Uint8Array(size).fill(letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, {lastModified: 1700000000000}));
  }
  const zone = document.querySelector("org-files-uploader");
  const options = {bubbles: true, cancelable: true, dataTransfer: transfer};
  for (const type of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(type, options));
}
"""


def launch(playwright):
    """Start Chromium. The test is skipped where it is not installed."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    # The browser's own sandbox refuses to work for root.
    arguments = [*(each for each in OPTIONS if not each.startswith("--headless")), "--no-sandbox"]
    return playwright.chromium.launch(executable_path=program, args=arguments)


class Person:
    """One visitor of a site.

    Args:
        javascript: whether scripts run.
    """

    def __init__(self, browser, site, *, javascript=True, **options):
        self.context = browser.new_context(
            base_url=site.url, java_script_enabled=javascript, locale="en", **options
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.javascript = javascript
        #: Messages of the console, among them reports of the policy, and answers with errors.
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._look_at)

    def _look_at(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def open(self, path):
        """Go to a page of the site."""
        self.page.goto(path)
        return self

    def register(self, email):
        """Register on the page that is open, or on that of the site."""
        if "/register/" not in self.page.url:
            self.open("/register/")
        self.page.get_by_label("E-mail").fill(email)
        for label in ("First name", "Last name"):
            self.page.get_by_label(label).fill(label.split()[0])
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Register")

    def log_out(self):
        """End the session."""
        self.open("/log-out/").press("Log out", within="#of-main")

    def log_in(self, email):
        """Begin a session."""
        self.open("/log-in/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Log in")

    def press(self, name, *, within="#of-main"):
        """Press a button, or follow a link that looks like one."""
        button = self.page.locator(within).get_by_role("button", name=name, exact=True)
        link = self.page.locator(within).get_by_role("link", name=name, exact=True)
        button.or_(link).first.click()
        self.page.wait_for_load_state()
        return self

    def drop(self, *files):
        """Drop files on the page."""
        self.page.evaluate(DROP, list(files))

    def download(self, act) -> tuple[str, bytes]:
        """Return name and bytes of what the browser saves while ``act`` is called."""
        with self.page.expect_download() as found:
            act()
        path = found.value.path()
        return found.value.suggested_filename, Path(path).read_bytes()

    def wait_for(self, expression):
        """Wait until a JavaScript expression is true. The policy of the page forbids Playwright's
        own way, which evaluates a text there."""
        for _ in range(150):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"Not true within 15 s: {expression}")

    def text(self):
        """Return the text of the page."""
        return self.page.locator("#of-main").inner_text()

    def close(self):
        """Close the browser, which had nothing to complain about."""
        self.context.close()
        assert self.complaints == []
