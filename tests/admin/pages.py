"""Forms to send to admin pages, and the text of their answers."""

from html import unescape

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

LAST_ADMIN = "The last admin of an organization cannot go."

#: A membership that is not there yet, in ``rows``.
NEW = None


def url(thing, page="change"):
    """Return the address of a page of a row, or of a model."""
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_{page}"
    return reverse(name, args=[thing.pk] if isinstance(thing, Model) else [])


def rows(*changes):
    """Return what a form sends of the memberships in line: those of ``changes``, first the old."""
    data, old = {}, 0
    for number, (membership, values) in enumerate(changes):
        if membership is not None:
            old += 1
            values = {"id": membership.pk, "role": membership.role} | values
        data |= {f"memberships-{number}-{name}": value for name, value in values.items()}
    counts = {"memberships-TOTAL_FORMS": len(changes), "memberships-INITIAL_FORMS": old}
    return subscription() | data | counts


def subscription(old=None, tier=None, *, is_deleted=False):
    """Return what the form of an organization sends of its tier; nothing was chosen without one."""
    chosen = tier or (old.tier if old else None)
    data = {"0-tier": "" if chosen is None else chosen.pk}
    if old is not None:
        data["0-organization"] = old.pk
    if is_deleted:
        data["0-DELETE"] = "on"
    data |= {"TOTAL_FORMS": 1, "INITIAL_FORMS": int(old is not None)}
    return {f"org_files_subscription-{name}": value for name, value in data.items()}


def delete(browser, row):
    """Say yes on the page that asks whether ``row`` is to be deleted."""
    return browser.post(url(row, "delete"), {"post": "yes"})


def act(browser, action, *selected, query="", **data):
    """Choose rows of a list and do something with them."""
    keys = [row.pk for row in selected]
    address = url(type(selected[0]), "changelist") + query
    return browser.post(address, {"action": action, ACTION_CHECKBOX_NAME: keys} | data)


def delete_selected(browser, *selected, **data):
    """Choose rows of a list and say yes on the page that asks whether to delete them."""
    return act(browser, "delete_selected", *selected, post="yes", **data)


def messages_of(response):
    """Return the messages that the next page will show."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def text_of(response):
    """Return a page as people read it."""
    return unescape(response.content.decode())


def listed(browser, model, **query):
    """Return the rows that a list shows."""
    page = browser.get(url(model, "changelist"), query)
    assert page.status_code == 200
    return [*page.context["cl"].result_list]


def found(model, term):
    """Return the rows that the search of a list finds."""
    page, request = admin.site.get_model_admin(model), RequestFactory().get("/")
    return {*page.get_search_results(request, page.get_queryset(request), term)[0]}


def queries_of(browser, address):
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as context:
        assert browser.get(address).status_code == 200
    return len(context)


def save_organization(browser, organization, *changes, **fields):
    """Save the page of an organization, with ``changes`` to its memberships as in ``rows``."""
    form = {"name": organization.name, "description": organization.description}
    return browser.post(url(organization), form | rows(*changes) | fields)


def formset_errors(response):
    """Return what a form says of the memberships in line as a whole."""
    assert response.status_code == 200
    *_, memberships = response.context["inline_admin_formsets"]
    return list(memberships.formset.non_form_errors())
