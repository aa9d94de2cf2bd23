"""Addresses of the admin read no column that a page does not show."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import RequestFactory

from org_files.admin import FileAdmin
from org_files.models import ShareLink
from tests.admin.pages import url

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
    "org_files.upload": {"is_complete__exact", "is_complete__isnull", *CREATED},
    "org_files_accounts.user": {
        *("is_staff__exact", "is_staff__isnull", "is_superuser__exact", "is_superuser__isnull"),
        *("is_active__exact", "is_active__isnull", "groups__id__exact", "groups__isnull"),
    },
    "org_files_eventlog.logentry": {"event", "outcome", "level__exact", "level__isnull", *CREATED},
}

#: Ends of look-ups that tell something of a column.
ENDS = ("", "__exact", "__startswith", "__regex", "__gt", "__in", "__isnull", "__id__exact")

PAGES = {
    model._meta.label_lower: page
    for model, page in admin.site._registry.items()
    if model.__module__.startswith("org_files.")
}


def columns(model):
    """Return the paths of the columns of ``model``, and of the rows that it refers to."""
    found = ["pk"]
    for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
        found += [field.name, field.attname]
        for other in field.related_model._meta.concrete_fields if field.is_relation else ():
            found.append(f"{field.name}__{other.name}")
            if other.is_relation:
                found.append(f"{field.name}__{other.name}__password")
    return found


def test_addresses_of_lists__filter_by_what_the_pages_use_alone(rf, db):
    request = rf.get("/")
    allowed = {}
    for label, page in PAGES.items():
        asked = {f"{path}{end}" for path in columns(page.model) for end in ENDS} | ALLOWED[label]
        allowed[label] = {name for name in asked if page.lookup_allowed(name, "1", request)}

    assert allowed == ALLOWED
    secrets = {"token_digest", "created_by__password", "file__owner__password"}
    assert secrets <= {*columns(ShareLink)}


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (get_user_model(), "password__startswith"),
        (ShareLink, "created_by__password__startswith"),
        (ShareLink, "no_such_column"),
        (ShareLink, "_connector"),
    ],
)
def test_filter_by_a_hidden_or_unknown_column__is_400(browser, model, lookup):
    assert browser.get(url(model, "changelist"), {lookup: "OR"}).status_code == 400


@pytest.mark.django_db
def test_host_page__has_the_rule_and_its_own_filters(rf):
    class OwnFileAdmin(FileAdmin):
        list_filter = ("is_public", ("owner", admin.RelatedOnlyFieldListFilter))
        date_hierarchy = "created_at"
        linked_lookups = ("organization__exact",)

    page = OwnFileAdmin(PAGES["org_files.file"].model, admin.site)
    request = rf.get("/")

    for lookup in ("is_public__exact", "owner__id__exact", "created_at__year"):
        assert page.lookup_allowed(lookup, "1", request)
    assert page.lookup_allowed("organization__exact", "1", request)
    for lookup in ("created_at__gte", "name__startswith", "owner__password__startswith", "state"):
        assert not page.lookup_allowed(lookup, "1", request)


@pytest.mark.django_db
def test_choices_limited_by_a_key_of_the_site__open_their_list(monkeypatch):
    page = PAGES["org_files_accounts.user"]
    limits = [{"last_name": "Hopper"}, lambda: {"phone__startswith": "+49"}]
    monkeypatch.setattr(page.model._meta, "related_fkey_lookups", limits)

    assert page.lookup_allowed("last_name", "Hopper")
    assert page.lookup_allowed("phone__startswith", "+49")
    assert not page.lookup_allowed("phone__startswith", "+48")


def test_lists__are_neither_ordered_nor_searched_by_a_secret():
    for page in PAGES.values():
        used = {path.lstrip("=^@") for path in page.get_search_fields(RequestFactory().get("/"))}
        used |= {name.lstrip("-") for name in page.ordering or ()}
        for name in map(str, page.list_display):
            used.add(str(getattr(getattr(page, name, None), "admin_order_field", name)))
        last_parts = {path.rpartition("__")[2] for path in used}
        assert not last_parts & {"password", "token_digest", "last_login"}, page
