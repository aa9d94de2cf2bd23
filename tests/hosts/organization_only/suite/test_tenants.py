"""Organizations of a site whose model has a key, a rule and a column of its own."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from org_files import get_organization_model
from org_files.models import Membership, Role
from org_files.rest import serializers
from org_files.testing.factories import join, make_organization, make_tier, make_user
from org_files.testing.threads import at_once
from org_files.tiers import tier_of_organization
from tests.hosts.organization_only.tenants.models import Contract
from tests.hosts.suite.test_host import send

SERIALIZER = "tests.hosts.organization_only.tenants.api.TenantSerializer"


@pytest.fixture(autouse=True)
def _serializer(settings):
    settings.ORG_FILES = {"ORGANIZATION_SERIALIZER": SERIALIZER}


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def tenant(db):
    return make_organization("North", country="NO")


@pytest.fixture
def boss(tenant):
    user = make_user("boss")
    join(tenant, user, Role.ADMIN)
    return browser_of(user)


@pytest.mark.django_db
def test_column_that_the_site_requires__is_asked_for():
    client = browser_of(make_user())

    assert send(client, "POST", "organizations/", name="South") == (
        400,
        {"country": ["This field is required."]},
    )
    status, made = send(client, "POST", "organizations/", name="South", country="ZA")

    assert (status, made["country"]) == (201, "ZA")
    assert made["changed_at"].endswith("Z")
    assert uuid.UUID(made["id"]) == get_organization_model().objects.get().pk
    status, shown = send(client, "GET", f"organizations/{made['id']}/?expand=members")
    assert (status, shown["country"]) == (200, "ZA")
    assert [member["role"] for member in shown["members"]] == ["admin"]


def test_column_of_the_site__is_changed_alone_with_the_moment_of_the_change(tenant, boss):
    before = tenant.changed_at
    path = f"organizations/{tenant.pk}/"

    assert send(boss, "PATCH", path, country="too long")[0] == 400
    status, changed = send(boss, "PATCH", path, country="SE")

    assert (status, changed["country"], changed["name"]) == (200, "SE", "North")
    tenant.refresh_from_db()
    assert (tenant.country, tenant.name) == ("SE", "North")
    assert tenant.changed_at > before
    assert changed["changed_at"] == tenant.changed_at.isoformat().replace("+00:00", "Z")
    assert send(boss, "PATCH", path) == (200, changed)


def test_name_that_is_taken__is_an_error_of_the_field(tenant, boss):
    make_organization("South")

    for method, path in (("POST", "organizations/"), ("PATCH", f"organizations/{tenant.pk}/")):
        status, answer = send(boss, method, path, name="South", country="SE")
        assert (status, list(answer)) == (400, ["name"])
    # One's own is not.
    assert send(boss, "PATCH", f"organizations/{tenant.pk}/", name="North")[0] == 200
    tenant.refresh_from_db()
    assert tenant.country == "NO"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_name_that_is_taken_at_the_same_moment__is_an_error_of_the_field(
    tenant, boss, monkeypatch, method
):
    what = "create_organization" if method == "POST" else "change_organization"
    act = getattr(serializers, what)

    def act_afterwards(**values):
        make_organization("South")
        return act(**values)

    monkeypatch.setattr(serializers, what, act_afterwards)
    path = "organizations/" if method == "POST" else f"organizations/{tenant.pk}/"

    status, answer = send(boss, method, path, name="South", country="SE")

    assert (status, list(answer)) == (400, ["name"])
    assert get_organization_model().objects.count() == 2
    assert Membership.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_name_for_eight_at_once__is_had_by_one():
    clients = [browser_of(make_user()) for _ in range(8)]

    answers = at_once(
        [
            lambda client=client: send(client, "POST", "organizations/", name="South", country="ZA")
            for client in clients
        ]
    )

    assert sorted(status for status, _body in answers) == [201] + [400] * 7
    assert all(list(body) == ["name"] for status, body in answers if status == 400)
    assert (get_organization_model().objects.count(), Membership.objects.count()) == (1, 1)


def test_keys__are_taken_in_the_form_in_which_they_are_shown(tenant, boss):
    missing = send(boss, "GET", f"organizations/{uuid.uuid4()}/")
    assert missing[0] == 404
    key = str(tenant.pk)
    for id in (key.upper(), key.replace("-", ""), f"{{{key}}}", f"urn:uuid:{key}", key[:-1], "1"):
        for path in ("", "members/", "usage/", "files/"):
            assert send(boss, "GET", f"organizations/{id}/{path}") == missing
    assert send(boss, "GET", f"organizations/{key}/usage/")[0] == 200


def test_one_that_rows_of_the_site_refer_to__stays(tenant, boss):
    contract = Contract.objects.create(tenant=tenant)
    path = f"organizations/{tenant.pk}/"

    status, answer = send(boss, "DELETE", path)

    assert (status, answer["code"]) == (409, "conflict")
    assert Membership.objects.count() == 1
    contract.delete()
    assert send(boss, "DELETE", path) == (204, None)
    assert not get_organization_model().objects.exists()


def test_members__are_managed_under_such_a_key(tenant, boss):
    path = f"organizations/{tenant.pk}/members/"
    operator, user = browser_of(make_user("operator", is_staff=True)), make_user()

    assert send(operator, "POST", path, user=user.pk, role="viewer")[0] == 201
    assert send(boss, "PATCH", f"{path}{user.pk}/", role="admin")[0] == 200
    assert send(boss, "DELETE", f"{path}{user.pk}/")[0] == 204


def test_admin__shows_it_with_its_members(tenant, boss):
    root = browser_of(make_user("root", is_staff=True, is_superuser=True))
    url = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    membership = Membership.objects.get()
    tier = make_tier()
    data = {
        "name": "North",
        "description": "",
        "country": "SE",
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": membership.pk,
        "memberships-0-role": "viewer",
        "org_files_subscription-TOTAL_FORMS": 1,
        "org_files_subscription-INITIAL_FORMS": 0,
        "org_files_subscription-0-tier": tier.pk,
    }

    page = root.get(url).content.decode()
    assert f"organization__exact={tenant.pk}" in page
    memberships = reverse("admin:org_files_membership_changelist")
    assert root.get(f"{memberships}?q=north").status_code == 200
    refused = root.post(url, data)
    assert b"The last admin of an organization cannot go." in refused.content
    assert root.post(url, data | {"memberships-0-role": "admin"}).status_code == 302
    assert tier_of_organization(tenant.pk) == tier
    tenant.refresh_from_db()
    assert tenant.country == "SE"
    assert root.get(reverse("admin:tenants_tenant_add")).status_code == 200


def test_admin__does_not_delete_what_rows_of_the_site_refer_to(tenant, boss):
    root = browser_of(make_user("root", is_staff=True, is_superuser=True))
    Contract.objects.create(tenant=tenant)

    for _ in range(2):
        page = root.post(reverse("admin:tenants_tenant_delete", args=[tenant.pk]), {"post": "yes"})
        assert page.status_code == 200
        assert b"protected" in page.content
    assert get_organization_model().objects.count() == 1
