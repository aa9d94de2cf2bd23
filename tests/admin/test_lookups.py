"""Addresses of the admin read no column that a page does not show."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.test import Client, RequestFactory

from org_files.admin import FileAdmin
from org_files.models import Membership, ShareLink, Subscription
from org_files.testing.factories import (
    make_file,
    make_link,
    make_tier,
    make_user,
    subscribe,
)
from tests.admin.conftest import staff
from tests.admin.pages import text_of, url

CREATED = {"created_at__gte", "created_at__lt"}

#: Every page of the package, and all that the address of its list may filter by.
ALLOWED = {
    "org_files.download": set(),
    "org_files.file": {"state", "is_public__exact", "is_public__isnull", *CREATED},
    "org_files.membership": {
        *("role__exact", "role__isnull", "user__exact", "organization__exact"),
        *CREATED,
    },
    "org_files.organization": set(),
    "org_files.pendingdownload": set(),
    "org_files.rangegrant": set(),
    "org_files.sharelink": {
        *("state", "expires_at__gte", "expires_at__lt", "expires_at__isnull"),
        *CREATED,
    },
    "org_files.subscription": {"tier__id__exact", "tier__isnull"},
    "org_files.tier": set(),
    "org_files.tombstone": set(),
    "org_files_accounts.user": {
        *("is_staff__exact", "is_staff__isnull", "is_superuser__exact", "is_superuser__isnull"),
        *("is_active__exact", "is_active__isnull", "groups__id__exact", "groups__isnull"),
    },
    "org_files_eventlog.logentry": {
        *("event", "outcome", "level__exact", "level__isnull"),
        *CREATED,
    },
}

#: Ends of look-ups that tell something of a column.
ENDS = ("", "__exact", "__startswith", "__regex", "__gt", "__in", "__isnull", "__id__exact")

PAGES = {
    model._meta.label_lower: page
    for model, page in admin.site._registry.items()
    if model.__module__.startswith("org_files.")
}


def columns(model: type[models.Model]) -> list[str]:
    """Return the paths of the columns of ``model``, and of the rows that it refers to."""
    found = []
    for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
        found += [field.name, field.attname]
        if field.is_relation:
            far: Any = field.related_model
            found += [f"{field.name}__{other.name}" for other in far._meta.concrete_fields]
            found += [
                f"{field.name}__{other.name}__password"
                for other in far._meta.concrete_fields
                if other.is_relation
            ]
    return [*found, "pk"]


def test_every_page_of_the_package__is_in_the_table() -> None:
    assert PAGES.keys() == ALLOWED.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(ALLOWED))
def test_address_of_a_list__filters_by_what_the_page_uses_alone(label: str) -> None:
    page = PAGES[label]
    request = RequestFactory().get("/")
    asked = {f"{path}{end}" for path in columns(page.model) for end in ENDS} | ALLOWED[label]

    allowed = {lookup for lookup in asked if page.lookup_allowed(lookup, "1", request)}

    assert allowed == ALLOWED[label]


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (get_user_model(), "password__startswith"),
        (get_user_model(), "last_login__gt"),
        (ShareLink, "token_digest__startswith"),
        (ShareLink, "password__regex"),
        (ShareLink, "created_by__password__startswith"),
        (Membership, "user__password__startswith"),
        (Membership, "user__last_login__gt"),
    ],
)
def test_filter_by_a_hidden_column__is_400(browser: Client, model: Any, lookup: str) -> None:
    assert browser.get(url(model, "changelist"), {lookup: "a"}).status_code == 400


@pytest.mark.parametrize("name", ["no_such_column", "_connector", "_negated"])
def test_unknown_name_in_an_address__is_400(browser: Client, name: str) -> None:
    assert browser.get(url(ShareLink, "changelist"), {name: "OR"}).status_code == 400


def test_filters_of_a_list__work(browser: Client, boss: Membership, clerk: Membership) -> None:
    small = make_tier("Small")
    subscribe(boss.organization, small)
    for model, query, count in (
        (Membership, {"role__exact": "admin"}, 1),
        (Membership, {"user__exact": str(boss.user_id)}, 1),
        (Membership, {"organization__exact": str(boss.organization_id)}, 2),
        (Membership, {"created_at__gte": "2001-01-01 00:00:00+00:00"}, 2),
        (Subscription, {"tier__id__exact": str(small.pk)}, 1),
        (get_user_model(), {"is_staff__exact": "1"}, 1),
    ):
        page = browser.get(url(model, "changelist"), query)
        assert (page.status_code, len(page.context["cl"].result_list)) == (200, count)


@pytest.mark.django_db
def test_host_page__has_the_rule_and_its_own_filters() -> None:
    class OwnFileAdmin(FileAdmin):
        list_filter = ("is_public", ("owner", admin.RelatedOnlyFieldListFilter))
        date_hierarchy = "created_at"
        linked_lookups = ("organization__exact",)

    file_page = PAGES["org_files.file"]
    page = OwnFileAdmin(file_page.model, admin.site)
    request = RequestFactory().get("/")

    for lookup in (
        *("is_public__exact", "owner__id__exact", "created_at__year", "organization__exact"),
    ):
        assert page.lookup_allowed(lookup, "1", request)
    for lookup in ("created_at__gte", "name__startswith", "owner__password__startswith", "state"):
        assert not page.lookup_allowed(lookup, "1", request)


@pytest.mark.django_db
def test_choices_limited_by_a_key_of_the_site__open_their_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = PAGES["org_files_accounts.user"]
    limits = [{"last_name": "Hopper"}, lambda: {"phone__startswith": "+49"}]
    monkeypatch.setattr(page.model._meta, "related_fkey_lookups", limits)

    assert page.lookup_allowed("last_name", "Hopper")
    assert page.lookup_allowed("phone__startswith", "+49")
    assert not page.lookup_allowed("phone__startswith", "+48")


@pytest.mark.parametrize("name", ["token_digest", "password", "file__owner__password"])
def test_choice_by_a_hidden_column__is_refused(
    browser: Client, clerk: Membership, name: str
) -> None:
    link = make_link(make_file(clerk.organization, clerk.user), clerk.user)

    for address in (url(ShareLink, "changelist"), url(link)):
        assert browser.get(address, {"_to_field": name}).status_code == 400


@pytest.mark.parametrize("label", sorted(ALLOWED))
def test_list__is_neither_ordered_nor_searched_by_a_secret(label: str) -> None:
    page = PAGES[label]
    used = {path.lstrip("=^@") for path in page.get_search_fields(RequestFactory().get("/"))}
    used |= {name.lstrip("-") for name in page.ordering or ()}
    for name in map(str, page.list_display):
        used.add(str(getattr(getattr(page, name, None), "admin_order_field", name)))

    last_parts = {path.rpartition("__")[2] for path in used}
    assert not last_parts & {"password", "token_digest", "last_login"}


def test_staff_who_may_only_look__read_no_digest(clerk: Membership) -> None:
    user = make_user("target", password="A passphrase 1!")
    link = make_link(make_file(clerk.organization, clerk.user), clerk.user, password="open sesame")
    browser = staff("view_user", "view_sharelink", "view_membership")
    hash_of_user = user.password.rpartition("$")[2]

    for row in (user, link):
        for page in ("change", "history"):
            text = text_of(browser.get(url(row, page)))
            for secret in (hash_of_user, link.token_digest, link.password):
                assert secret not in text
    for model in (get_user_model(), ShareLink):
        query = {"password__startswith": "m"}
        assert browser.get(url(model, "changelist"), query).status_code == 400


def test_walk__covers_secrets_of_rows_that_a_row_refers_to() -> None:
    secrets = {"token_digest", "created_by__password", "file__owner__password"}

    assert secrets <= {*columns(ShareLink)}
