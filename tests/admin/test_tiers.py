"""The pages of tiers, and the tier of an organization on its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import ProtectedError
from django.forms import JSONField
from django.test import Client

from org_files.admin import TierAdmin
from org_files.models import AbstractOrganization, Membership, Subscription, Tier
from org_files.testing.factories import make_organization, make_tier
from tests.admin.conftest import staff
from tests.admin.pages import (
    delete,
    delete_selected,
    messages_of,
    save_organization,
    subscription,
    text_of,
    url,
)

#: What the page sends of a tier that is in order.
FORM = {
    "name": "Studio",
    "heights": "[200, 800]",
    "allow_original": "on",
    "link_min_seconds": "300",
    "link_max_seconds": "30000",
    "max_file_size": "",
    "quota_bytes": "",
    "quota_files": "",
}


@pytest.fixture(autouse=True)
def _only_these(db: None) -> None:
    """Whatever came with the migrations, and is still there."""
    Tier.objects.all().delete()


@pytest.fixture(autouse=True)
def basic(_only_these: None) -> Tier:
    return make_tier("Basic", heights=[200], allow_original=False)


@pytest.fixture(autouse=True)
def premium(_only_these: None) -> Tier:
    return make_tier("Premium")


def add(browser: Client, **fields: str) -> Any:
    return browser.post(url(Tier, "add"), FORM | fields)


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    errors: dict[str, list[str]] = response.context["adminform"].form.errors
    return errors


# Tiers


def test_new_tier__is_made_by_its_page(browser: Client) -> None:
    assert add(browser, quota_bytes="1000000").status_code == 302

    tier = Tier.objects.get(name="Studio")
    assert tier.heights == [200, 800]
    assert (tier.allow_original, tier.allow_links) == (True, False)
    assert (tier.max_file_size, tier.quota_bytes, tier.quota_files) == (None, 1_000_000, None)


def test_tier_without_heights__is_one_too(browser: Client) -> None:
    assert add(browser, heights="[]").status_code == 302
    assert Tier.objects.get(name="Studio").heights == []


NO_JSON = str(JSONField.default_error_messages["invalid"])


@pytest.mark.parametrize(
    ("heights", "complaint"),
    [
        ("200, 400", NO_JSON),
        ("[200", NO_JSON),
        ("200", "Takes a list of whole numbers, such as [200, 400]."),
        ('{"small": 200}', "Takes a list of whole numbers, such as [200, 400]."),
        ('["200"]', "Takes a list of whole numbers, such as [200, 400]."),
        ("[200.5]", "Takes a list of whole numbers, such as [200, 400]."),
        ("[true]", "Takes a list of whole numbers, such as [200, 400]."),
        ("[null]", "Takes a list of whole numbers, such as [200, 400]."),
        ("[" * 3000, NO_JSON),
        ("[" + "9" * 5000 + "]", NO_JSON),
        ("[0]", "Takes heights from 1 to 65500 pixels."),
        ("[-200]", "Takes heights from 1 to 65500 pixels."),
        ("[65501]", "Takes heights from 1 to 65500 pixels."),
        ("[200, 200]", "Takes each height once, and at most 20 of them."),
        (str([*range(1, 22)]), "Takes each height once, and at most 20 of them."),
    ],
)
def test_heights_that_are_none__are_refused(browser: Client, heights: str, complaint: str) -> None:
    assert errors_of(add(browser, heights=heights)) == {"heights": [complaint]}
    assert not Tier.objects.filter(name="Studio").exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"link_min_seconds": "0"}, "link_min_seconds"),
        ({"link_min_seconds": "-1"}, "link_min_seconds"),
        ({"link_max_seconds": "0"}, "link_max_seconds"),
        ({"link_min_seconds": "301", "link_max_seconds": "300"}, "link_max_seconds"),
        ({"link_max_seconds": "1e3"}, "link_max_seconds"),
        ({"max_file_size": "0"}, "max_file_size"),
        ({"max_file_size": "-1"}, "max_file_size"),
        ({"quota_bytes": "-1"}, "quota_bytes"),
        ({"quota_files": "-1"}, "quota_files"),
        ({"quota_files": "9" * 30}, "quota_files"),
        ({"name": ""}, "name"),
        ({"name": "Basic"}, "name"),
    ],
)
def test_value_out_of_range__is_refused_at_its_field(
    browser: Client, fields: dict[str, str], field: str
) -> None:
    assert field in errors_of(add(browser, **fields))
    assert Tier.objects.count() == 2


def test_shortest_link_as_long_as_the_longest__is_in_order(browser: Client) -> None:
    assert add(browser, link_min_seconds="300", link_max_seconds="300").status_code == 302


def test_change_of_a_tier__is_saved(browser: Client, basic: Tier) -> None:
    response = browser.post(url(basic), FORM | {"name": "Basic", "heights": "[100]"})

    assert response.status_code == 302
    basic.refresh_from_db()
    assert (basic.heights, basic.allow_original) == ([100], True)


def test_tier_that_somebody_has__is_not_deleted_and_the_page_says_why(
    browser: Client, acme: AbstractOrganization, basic: Tier, premium: Tier
) -> None:
    Subscription.objects.create(organization=acme, tier=basic)

    answers = [
        browser.get(url(basic, "delete")),
        delete(browser, basic),
        delete_selected(browser, premium, basic),
    ]

    for page in answers:
        assert page.status_code == 200
        assert "protected" in text_of(page)
    assert Tier.objects.count() == 2


@pytest.mark.parametrize("selected", [False, True])
def test_tier_that_somebody_gets_by_the_time_it_is_deleted__is_told_of(
    browser: Client, basic: Tier, monkeypatch: pytest.MonkeyPatch, selected: bool
) -> None:
    def refuse(page: TierAdmin, *args: Any) -> None:
        raise ProtectedError("Somebody has it.", set())

    monkeypatch.setattr(TierAdmin, "delete_queryset" if selected else "delete_model", refuse)

    response = delete_selected(browser, basic) if selected else delete(browser, basic)

    assert response.status_code == 302
    assert len(messages_of(response)) == 1
    assert Tier.objects.count() == 2


def test_tier_that_nobody_has__is_deleted(browser: Client, basic: Tier) -> None:
    assert delete(browser, basic).status_code == 302
    assert not Tier.objects.filter(name="Basic").exists()


def test_list_of_tiers__shows_what_each_allows(browser: Client) -> None:
    page = text_of(browser.get(url(Tier, "changelist")))
    assert all(name in page for name in ("Basic", "Premium", "[200, 400]"))


# The tier of an organization


def test_tier__is_given_on_the_page_of_the_organization(
    browser: Client, acme: AbstractOrganization, boss: Membership, premium: Tier
) -> None:
    assert 'name="org_files_subscription-0-tier"' in text_of(browser.get(url(acme)))

    response = save_organization(browser, acme, (boss, {}), **subscription(tier=premium))

    assert response.status_code == 302
    assert Subscription.objects.get().organization_id == acme.pk
    assert Subscription.objects.get().tier == premium


def test_tier__is_changed_on_the_page_of_the_organization(
    browser: Client, acme: AbstractOrganization, boss: Membership, basic: Tier, premium: Tier
) -> None:
    old = Subscription.objects.create(organization=acme, tier=basic)

    assert (
        save_organization(browser, acme, (boss, {}), **subscription(old, premium)).status_code
        == 302
    )
    assert [row.tier for row in Subscription.objects.all()] == [premium]


def test_tier__is_cleared_on_the_page_of_the_organization(
    browser: Client, acme: AbstractOrganization, boss: Membership, basic: Tier
) -> None:
    other = Subscription.objects.create(organization=make_organization("Other"), tier=basic)
    old = Subscription.objects.create(organization=acme, tier=basic)

    response = save_organization(browser, acme, (boss, {}), **subscription(old, is_deleted=True))

    assert response.status_code == 302
    assert [*Subscription.objects.all()] == [other]
    assert Tier.objects.filter(pk=basic.pk).exists()


def test_saving_an_organization_without_tier__gives_it_none(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    assert save_organization(browser, acme, (boss, {}), name="Renamed").status_code == 302
    assert not Subscription.objects.exists()


def test_second_tier__is_refused(
    browser: Client, acme: AbstractOrganization, basic: Tier, premium: Tier
) -> None:
    Subscription.objects.create(organization=acme, tier=basic)
    form = {"organization": acme.pk, "tier": premium.pk}

    response = browser.post(url(Subscription, "add"), form)

    assert "organization" in errors_of(response)
    assert Subscription.objects.get().tier == basic


def test_organization_of_a_subscription__does_not_change(
    browser: Client, acme: AbstractOrganization, basic: Tier, premium: Tier
) -> None:
    row = Subscription.objects.create(organization=acme, tier=basic)
    form = {"organization": make_organization("Other").pk, "tier": premium.pk}

    assert browser.post(url(row), form).status_code == 302

    [row] = Subscription.objects.all()
    assert (row.organization_id, row.tier) == (acme.pk, premium)


def test_subscriptions__are_listed_and_found_by_the_organization(
    browser: Client, acme: AbstractOrganization, basic: Tier
) -> None:
    for organization in (acme, make_organization("Globex")):
        Subscription.objects.create(organization=organization, tier=basic)

    page = browser.get(url(Subscription, "changelist"), {"q": "globex"})

    assert [str(row.organization) for row in page.context["cl"].result_list] == ["Globex"]


def test_who_may_not_change_tiers_of_organizations__sends_them_in_vain(
    acme: AbstractOrganization, boss: Membership, premium: Tier
) -> None:
    editor = staff("change_organization")

    assert (
        save_organization(editor, acme, **subscription(tier=premium), name="Renamed").status_code
        == 302
    )

    acme.refresh_from_db()
    assert acme.name == "Renamed"
    assert not Subscription.objects.exists()
