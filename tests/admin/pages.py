"""What tests of the admin pages send and read."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from org_files.models import AbstractOrganization, Membership, Subscription, Tier

LAST_ADMIN = "The last admin of an organization cannot go."

#: A membership that is not there yet, in ``rows``.
NEW = None


def url(thing: Model | type[Model], page: str = "change") -> str:
    """Return the address of a page of a row, or of a model."""
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_{page}"
    return reverse(name, args=[thing.pk] if isinstance(thing, Model) else [])


def rows(*changes: tuple[Membership | None, dict[str, Any]]) -> dict[str, Any]:
    """Return what a form sends of the memberships in line: those of ``changes``, first the old."""
    data: dict[str, Any] = {}
    old = 0
    for number, (membership, values) in enumerate(changes):
        if membership is not None:
            old += 1
            values = {"id": membership.pk, "role": membership.role} | values
        data |= {f"memberships-{number}-{name}": value for name, value in values.items()}
    return (
        subscription()
        | data
        | {
            "memberships-TOTAL_FORMS": len(changes),
            "memberships-INITIAL_FORMS": old,
            "memberships-MIN_NUM_FORMS": 0,
            "memberships-MAX_NUM_FORMS": 1000,
        }
    )


def subscription(
    old: Subscription | None = None, tier: Tier | None = None, *, is_deleted: bool = False
) -> dict[str, Any]:
    """Return what the form of an organization sends of its tier; nothing was chosen without one."""
    chosen = tier or (old.tier if old else None)
    data: dict[str, Any] = {"0-tier": "" if chosen is None else chosen.pk}
    if old is not None:
        data["0-organization"] = old.pk
    if is_deleted:
        data["0-DELETE"] = "on"
    data |= {"TOTAL_FORMS": 1, "INITIAL_FORMS": int(old is not None)}
    data |= {"MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1}
    return {f"org_files_subscription-{name}": value for name, value in data.items()}


def delete(browser: Client, row: Model) -> Any:
    """Say yes on the page that asks whether ``row`` is to be deleted."""
    return browser.post(url(row, "delete"), {"post": "yes"})


def delete_selected(browser: Client, *selected: Model) -> Any:
    """Choose rows of a list and say yes on the page that asks whether to delete them."""
    return browser.post(
        url(type(selected[0]), "changelist"),
        {
            "action": "delete_selected",
            ACTION_CHECKBOX_NAME: [row.pk for row in selected],
            "post": "yes",
        },
    )


def messages_of(response: Any) -> list[str]:
    """Return the messages that the next page will show."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def text_of(response: Any) -> str:
    """Return a page as people read it."""
    return unescape(response.content.decode())


def save_organization(
    browser: Client, organization: AbstractOrganization, *changes: Any, **fields: str
) -> Any:
    """Save the page of an organization, with ``changes`` to its memberships as in ``rows``."""
    form = {"name": organization.name, "description": organization.description}
    return browser.post(url(organization), form | rows(*changes) | fields)


def formset_errors(response: Any) -> list[str]:
    """Return what a form says of the memberships in line as a whole."""
    assert response.status_code == 200
    *_, memberships = response.context["inline_admin_formsets"]
    return list(memberships.formset.non_form_errors())
