"""Pages of the browsable API, and what a browser sends of their forms."""

import json
import re
from html.parser import HTMLParser

from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Forms(HTMLParser):
    """The forms of a page with what a browser would send of each."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self._textarea = None
        #: What the scripts of the page put into the header of the CSRF token.
        self.csrf_token = re.findall(r'"csrfToken": "([^"]*)"', page)[0]
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "form":
            self.forms.append({"attributes": values, "fields": {}, "methods": set()})
        elif not self.forms:
            return
        elif tag in ("input", "textarea", "select") and values.get("name"):
            if values.get("type") in ("checkbox", "submit"):
                return
            name = values["name"]
            self.forms[-1]["fields"][name] = (
                None if values.get("type") == "file" else values.get("value") or ""
            )
            self._textarea = name if tag == "textarea" else None
        elif tag == "button" and values.get("data-method"):
            self.forms[-1]["methods"].add(values["data-method"])

    def handle_data(self, data):
        if self._textarea:
            self.forms[-1]["fields"][self._textarea] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._textarea = None

    def with_field(self, name):
        """Return the one form that has a field of that name."""
        [form] = [form for form in self.forms if name in form["fields"]]
        return form

    def methods(self):
        """Return the methods that the page offers to send."""
        found = set()
        for form in self.forms:
            named = {form["attributes"].get("data-method"), form["attributes"].get("method")}
            found |= form["methods"] or {name.upper() for name in named if name}
        return found - {"GET", "OPTIONS"}


def page_of(response, status=None):
    """Return the text of a page, which is what the response has to be."""
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert status in (None, response.status_code), response.content
    return response.content.decode()


def forms_of(browser, path):
    """Return the forms that a browser is shown at ``path``."""
    return Forms(page_of(browser.get(path, headers=HTML)))


def visitor(user=None):
    """Return a browser, which sends CSRF tokens only where a page has one."""
    browser = Client(enforce_csrf_checks=True)
    if user is not None:
        browser.force_login(user)
    return browser


def fill_in(browser, path, **values):
    """Fill in the form of a page that has the fields ``values``, and send it as browsers do."""
    forms = forms_of(browser, path)
    form = forms.with_field(next(iter(values)))
    attributes = form["attributes"]
    fields = {name: value for name, value in form["fields"].items() if value is not None}
    # Other methods than POST are for the script of the pages, which sends the token in a header.
    by_script = attributes.get("data-method")
    return browser.generic(
        by_script or attributes["method"].upper(),
        attributes["action"],
        encode_multipart(BOUNDARY, fields | values),
        content_type=MULTIPART_CONTENT,
        headers=HTML | ({"X-CSRFToken": forms.csrf_token} if by_script else {}),
    )


def send_raw(browser, path, method, **values):
    """Put ``values`` into the JSON that a page offers for ``method``, and send all of it."""
    forms = forms_of(browser, path)
    form = next(
        form
        for form in forms.forms
        if "_content" in form["fields"]
        and method in (form["methods"] or {form["attributes"].get("method")})
    )
    return browser.generic(
        method,
        form["attributes"]["action"],
        json.dumps(json.loads(form["fields"]["_content"]) | values),
        content_type="application/json",
        headers=HTML | {"X-CSRFToken": forms.csrf_token},
    )


def press_delete(browser, path):
    """Press the button of a page."""
    forms = forms_of(browser, path)
    assert "DELETE" in forms.methods()
    return browser.delete(path, headers=HTML | {"X-CSRFToken": forms.csrf_token})
