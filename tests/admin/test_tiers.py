"""The pages of tiers and subscriptions, and the tier of an organization on its page."""

import pytest
from django.forms import JSONField

from org_files.models import Subscription, Tier
from org_files.testing.factories import make_organization, make_tier
from tests.admin.pages import (
    delete,
    delete_selected,
    found,
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
}


@pytest.fixture(autouse=True)
def basic(db):
    Tier.objects.all().delete()  # whatever came with the migrations, and is still there
    return make_tier("Basic", heights=[200], allow_original=False)


@pytest.fixture(autouse=True)
def premium(basic):
    return make_tier("Premium")


def errors_of(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


# Tiers


def test_tier__is_made_and_changed_by_its_page(browser):
    added = browser.post(url(Tier, "add"), FORM | {"quota_bytes": "1000000"})
    tier = Tier.objects.get(name="Studio")
    assert (added.status_code, tier.heights) == (302, [200, 800])
    assert (tier.allow_original, tier.allow_links) == (True, False)
    assert (tier.max_file_size, tier.quota_bytes, tier.quota_files) == (None, 1_000_000, None)

    changed = browser.post(url(tier), FORM | {"heights": "[]"})
    tier.refresh_from_db()
    assert (changed.status_code, tier.heights, tier.quota_bytes) == (302, [], None)
    page = text_of(browser.get(url(Tier, "changelist")))
    assert all(name in page for name in ("Basic", "Premium", "[200, 400]"))


NO_JSON = str(JSONField.default_error_messages["invalid"])


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("heights", "[" * 3000, NO_JSON),
        ("heights", "[" + "9" * 5000 + "]", NO_JSON),
        ("heights", "200", "Takes a list of whole numbers, such as [200, 400]."),
        ("link_max_seconds", "299", "Shorter than the shortest link."),
        ("quota_bytes", "-1", "greater than or equal to 0."),
        ("name", "Basic", "already exists."),
    ],
)
def test_value_that_is_no_limit__is_refused_at_its_field(browser, field, value, complaint):
    errors = errors_of(browser.post(url(Tier, "add"), FORM | {field: value}))

    assert list(errors) == [field]
    assert errors[field][0].endswith(complaint)
    assert Tier.objects.count() == 2


def test_tier_that_somebody_has__is_not_deleted_and_the_page_says_why(
    browser, acme, basic, premium
):
    Subscription.objects.create(organization=acme, tier=basic)

    for page in (delete(browser, basic), delete_selected(browser, premium, basic)):
        assert page.status_code == 200
        assert "protected" in text_of(page)
    assert Tier.objects.count() == 2
    assert delete(browser, premium).status_code == 302
    assert [*Tier.objects.all()] == [basic]


# The tier of an organization


def test_tier__is_given_changed_and_cleared_on_the_page_of_the_organization(
    browser, acme, boss, basic, premium
):
    other = Subscription.objects.create(organization=make_organization("Other"), tier=basic)

    def save(**form):
        assert save_organization(browser, acme, (boss, {}), **form).status_code == 302
        return Subscription.objects.filter(organization=acme).first()

    assert save(name="Renamed") is None
    given = save(**subscription(tier=premium))
    assert given.tier == premium
    changed = save(**subscription(given, basic))
    assert changed.tier == basic
    assert save(**subscription(changed, is_deleted=True)) is None
    assert [*Subscription.objects.all()] == [other]
    assert Tier.objects.count() == 2


def test_organization_of_a_subscription__has_one_and_keeps_it(browser, acme, basic, premium):
    row = Subscription.objects.create(organization=acme, tier=basic)
    form = {"organization": acme.pk, "tier": premium.pk}
    assert "organization" in errors_of(browser.post(url(Subscription, "add"), form))

    form["organization"] = make_organization("Globex").pk
    assert browser.post(url(row), form).status_code == 302

    [row] = Subscription.objects.all()
    assert (row.organization_id, row.tier) == (acme.pk, premium)
    assert (found(Subscription, "acme"), found(Subscription, "globex")) == ({row}, set())
