"""POST organizations/: the creator is its admin."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from org_files import get_organization_model
from org_files.exceptions import ConfigurationError
from org_files.models import Membership, Role
from org_files.organizations import create_organization
from org_files.rest.views import organizations as views
from org_files.testing.factories import make_tier, make_user
from org_files.tiers import tier_of_organization
from tests.organizations.calls import ORGANIZATIONS, anonymous, caller


@pytest.fixture
def ada(db):
    """A user who belongs to no organization."""
    return caller(make_user())


def test_creator__is_the_admin(ada):
    created = ada.post(ORGANIZATIONS, {"name": "Acme", "description": "Anvils"})

    assert created.status == 201
    path = f"organizations/{created.body['id']}/"
    assert ada.get(path).body == created.body
    [membership] = Membership.objects.all()
    assert membership.organization_id == created.body["id"]
    assert (membership.user, membership.role) == (ada.user, Role.ADMIN)
    assert ada.patch(path, {"name": "Acme Ltd"}).status == 200
    assert ada.get("users/me/").body["organizations"] == [
        {"id": created.body["id"], "name": "Acme Ltd", "role": "admin"}
    ]


def test_creation_left_to_operators__is_403_for_others_before_the_body_is_read(
    settings, admin, operator
):
    settings.ORG_FILES = {"ORGANIZATION_CREATION": "operators"}
    browser = Client()
    browser.force_login(admin.user)

    refused = admin.client.post(f"/api/{ORGANIZATIONS}", b"{", content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert get_organization_model().objects.count() == 1
    assert anonymous().post(ORGANIZATIONS, {"name": "Second"}).status == 401
    assert operator.post(ORGANIZATIONS, {"name": "Second"}).status == 201
    # The list and its page stay, without a form.
    assert admin.get(ORGANIZATIONS).status == 200
    page = browser.get(f"/api/{ORGANIZATIONS}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert b'name="description"' not in page.content


def test_default_tier__is_given_by_the_service_and_not_by_saving(settings, ada):
    tier = make_tier("Starter", quota_bytes=5)
    settings.ORG_FILES = {"DEFAULT_TIER": "Starter"}

    saved = get_organization_model().objects.create(name="Saved")
    created = ada.post(ORGANIZATIONS, {"name": "Acme"})

    assert tier_of_organization(saved.pk) is None
    assert (created.status, created.body["tier"]) == (201, tier.pk)
    assert ada.get(f"organizations/{created.body['id']}/usage/").body["quota_bytes"] == 5


def test_default_tier_that_there_is_not__creates_nothing(settings, ada):
    settings.ORG_FILES = {"DEFAULT_TIER": "Nowhere"}

    with pytest.raises(ConfigurationError, match="Nowhere"):
        create_organization(admin=ada.user, name="Acme")
    assert not get_organization_model().objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " \t\n"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "Acme", "description": "a\udfffb"}, "description"),
        ({"name": "Acme", "description": "x" * 10_001}, "description"),
    ],
)
def test_body_that_does_not_validate__is_400_and_nothing_is_made(ada, body, field):
    answer = ada.post(ORGANIZATIONS, body)

    assert (answer.status, list(answer.body)) == (400, [field])
    assert not get_organization_model().objects.exists()


def test_unknown_and_read_only_fields__are_ignored(ada):
    other = make_user("other")
    counts = ("download_count", "folded_download_count", "file_count", "bytes_stored")
    times = dict.fromkeys(("folded_last_downloaded_at", "created_at"), "1999-01-01T00:00:00Z")
    others = {"members": [{"id": other.pk, "role": "admin"}], "admin": other.pk, "no_such_field": 1}
    body = {"name": "Acme", "id": 4711471147, "tier": "Enterprise"}

    created = ada.post(ORGANIZATIONS, body | dict.fromkeys(counts, 99) | times | others).body

    made = datetime.fromisoformat(created.pop("created_at"))
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)
    [organization] = get_organization_model().objects.all()
    assert created == {
        "id": organization.pk,
        "name": "Acme",
        "description": "",
        "tier": None,
        "download_count": 0,
        "file_count": 0,
        "bytes_stored": 0,
    }
    assert organization.pk != 4711471147
    assert organization.folded_download_count == 0
    assert organization.folded_last_downloaded_at is None
    assert [row.user for row in Membership.objects.all()] == [ada.user]


@pytest.mark.django_db(transaction=True)
def test_creator_whose_account_goes_at_this_moment__leaves_nothing_behind(monkeypatch):
    ada = caller(make_user())
    save = views.OrganizationListView.save

    def gone_meanwhile(view, serializer):
        get_user_model()._base_manager.filter(pk=ada.user.pk).delete()
        return save(view, serializer)

    monkeypatch.setattr(views.OrganizationListView, "save", gone_meanwhile)
    answer = ada.post(ORGANIZATIONS, {"name": "Acme"})

    assert (answer.status, answer.code) == (409, "conflict")
    assert not get_organization_model().objects.exists()
