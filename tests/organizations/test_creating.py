"""POST organizations/: whoever creates one is its admin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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
from tests.organizations.calls import ORGANIZATIONS, Caller, anonymous, caller


@pytest.fixture
def ada(db: None) -> Caller:
    """Somebody who belongs to no organization."""
    return caller(make_user())


@pytest.mark.parametrize("policy", ["OrganizationPolicy"])
def test_creator__is_the_admin(ada: Caller, use: Any, policy: str) -> None:
    use(policy)

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


@pytest.fixture
def operators_alone(settings: Any) -> None:
    settings.ORG_FILES = {"ORGANIZATION_CREATION": "operators"}


@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy"])
def test_creation_left_to_operators__is_403_for_others(
    settings: Any, admin: Caller, operator: Caller, policy: str
) -> None:
    backend = {"BACKEND": f"org_files.access.{policy}"}
    settings.ORG_FILES = {"POLICY": backend, "ORGANIZATION_CREATION": "operators"}
    before = get_organization_model().objects.count()

    refused = admin.post(ORGANIZATIONS, {"name": "Second"})
    assert (refused.status, refused.code) == (403, "permission_denied")
    assert get_organization_model().objects.count() == before
    assert operator.post(ORGANIZATIONS, {"name": "Second"}).status == 201
    assert anonymous().post(ORGANIZATIONS, {"name": "Second"}).status == 401


@pytest.mark.usefixtures("operators_alone")
@pytest.mark.parametrize("body", [b"{"])
def test_creation_left_to_operators__is_refused_before_the_body_is_read(
    ada: Caller, body: bytes
) -> None:
    response = ada.client.post("/api/organizations/", body, content_type="application/json")

    assert response.status_code == 403


@pytest.mark.usefixtures("operators_alone")
def test_creation_left_to_operators__leaves_the_list_and_its_page(ada: Caller) -> None:
    browser = Client()
    browser.force_login(ada.user)

    page = browser.get("/api/organizations/", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert b'name="description"' not in page.content
    assert ada.get(ORGANIZATIONS).status == 200


def test_new_organization__has_the_default_tier(settings: Any, ada: Caller) -> None:
    tier = make_tier("Starter", quota_bytes=5)
    settings.ORG_FILES = {"DEFAULT_TIER": "Starter"}

    created = ada.post(ORGANIZATIONS, {"name": "Acme"})

    assert (created.status, created.body["tier"]) == (201, tier.pk)
    assert ada.get(f"organizations/{created.body['id']}/usage/").body["quota_bytes"] == 5


def test_default_tier__is_given_by_the_service_and_not_by_saving(
    settings: Any, ada: Caller
) -> None:
    tier = make_tier("Starter")
    settings.ORG_FILES = {"DEFAULT_TIER": "Starter"}

    saved = get_organization_model().objects.create(name="Saved")
    made = create_organization(admin=ada.user, name="Made")

    assert tier_of_organization(saved.pk) is None
    assert tier_of_organization(made.pk) == tier


def test_default_tier_that_there_is_not__creates_nothing(settings: Any, ada: Caller) -> None:
    settings.ORG_FILES = {"DEFAULT_TIER": "Nowhere"}

    with pytest.raises(ConfigurationError, match="Nowhere"):
        create_organization(admin=ada.user, name="Acme")
    assert not get_organization_model().objects.exists()


def test_answer__is_the_organization_as_it_is_shown(ada: Caller) -> None:
    created = ada.post(ORGANIZATIONS, {"name": "Acme"}).body

    made = datetime.fromisoformat(created.pop("created_at"))
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)
    assert created == {
        "id": get_organization_model().objects.get().pk,
        "name": "Acme",
        "description": "",
        "tier": None,
        "download_count": 0,
        "file_count": 0,
        "bytes_stored": 0,
    }


TOO_LONG = "x" * 256


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " \t\n"}, "name"),
        ({"name": None}, "name"),
        ({"name": TOO_LONG}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": ["Acme"]}, "name"),
        ({"name": "Acme", "description": None}, "description"),
        ({"name": "Acme", "description": "a\udfffb"}, "description"),
        ({"name": "Acme", "description": "x" * 10_001}, "description"),
    ],
)
def test_body_that_does_not_validate__is_400_and_nothing_is_made(
    ada: Caller, body: Any, field: str
) -> None:
    answer = ada.post(ORGANIZATIONS, body)

    assert (answer.status, list(answer.body)) == (400, [field])
    assert not get_organization_model().objects.exists()
    assert not Membership.objects.exists()


def test_unknown_and_read_only_fields__are_ignored(ada: Caller) -> None:
    other = make_user("other")
    created = ada.post(
        ORGANIZATIONS,
        {
            "name": "Acme",
            "id": 4711471147,
            "pk": 4711471147,
            "tier": "Enterprise",
            "download_count": 99,
            "folded_download_count": 99,
            "folded_last_downloaded_at": "2020-01-01T00:00:00Z",
            "file_count": 99,
            "bytes_stored": 99,
            "created_at": "1999-01-01T00:00:00Z",
            "members": [{"id": other.pk, "role": "admin"}],
            "admin": other.pk,
            "owner": other.pk,
            "no_such_field": 1,
        },
    )

    assert created.status == 201
    [organization] = get_organization_model().objects.all()
    assert organization.pk != 4711471147
    assert organization.folded_download_count == 0
    assert organization.folded_last_downloaded_at is None
    assert organization.created_at > datetime(2020, 1, 1, tzinfo=UTC)
    assert [row.user for row in Membership.objects.all()] == [ada.user]
    assert (created.body["tier"], created.body["download_count"]) == (None, 0)


@pytest.mark.django_db(transaction=True)
def test_creator_whose_account_goes_at_this_moment__leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = caller(make_user())
    save = views.OrganizationListView.save

    def gone_meanwhile(view: Any, serializer: Any) -> Any:
        get_user_model()._base_manager.filter(pk=ada.user.pk).delete()
        return save(view, serializer)

    monkeypatch.setattr(views.OrganizationListView, "save", gone_meanwhile)
    answer = ada.post(ORGANIZATIONS, {"name": "Acme"})

    assert (answer.status, answer.code) == (409, "conflict")
    assert not get_organization_model().objects.exists()
