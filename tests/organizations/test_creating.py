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
from tests.rest.requests import CSRF_TOKEN, browser_of


@pytest.fixture
def ada(db: None) -> Caller:
    """Somebody who belongs to no organization."""
    return caller(make_user())


@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy", "OwnerPolicy"])
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


@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy", "OwnerPolicy"])
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
@pytest.mark.parametrize("body", [b'{"name": ""}', b"{", b"[]"], ids=["blank", "cut", "list"])
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


def test_operator__is_who_the_policy_says(
    settings: Any, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ORG_FILES = {"ORGANIZATION_CREATION": "operators"}
    monkeypatch.setattr(
        "org_files.access.OrganizationPolicy.is_operator", lambda policy, user: user == ada.user
    )

    assert ada.post(ORGANIZATIONS, {"name": "Acme"}).status == 201


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


def test_organization_made_anew_by_its_admin__has_the_default_tier_again(
    settings: Any, ada: Caller
) -> None:
    tier = make_tier("Starter")
    settings.ORG_FILES = {"DEFAULT_TIER": "Starter"}
    first = ada.post(ORGANIZATIONS, {"name": "Acme"}).body["id"]

    assert ada.delete(f"organizations/{first}/").status == 204
    assert ada.post(ORGANIZATIONS, {"name": "Acme"}).body["tier"] == tier.pk


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


def test_answer_with_members__has_the_creator(ada: Caller) -> None:
    created = ada.post(f"{ORGANIZATIONS}?expand=members", {"name": "Acme"})

    assert created.body["members"] == [{"id": ada.user.pk, "name": ada.user.email, "role": "admin"}]


TOO_LONG = "x" * 256


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   \t\n"}, "name"),
        ({"name": None}, "name"),
        ({"name": TOO_LONG}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "a\ud800b"}, "name"),
        ({"name": ["Acme"]}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"name": True}, "name"),
        ({"name": "Acme", "description": None}, "description"),
        ({"name": "Acme", "description": "a\0b"}, "description"),
        ({"name": "Acme", "description": "a\udfffb"}, "description"),
        ({"name": "Acme", "description": {}}, "description"),
        (None, "name"),
    ],
)
def test_body_that_does_not_validate__is_400_and_nothing_is_made(
    ada: Caller, body: Any, field: str
) -> None:
    answer = ada.post(ORGANIZATIONS, body)

    assert (answer.status, list(answer.body)) == (400, [field])
    assert not get_organization_model().objects.exists()
    assert not Membership.objects.exists()


@pytest.mark.parametrize("body", [[], [{"name": "Acme"}], "Acme", 1, True])
def test_what_is_no_object__is_400(ada: Caller, body: Any) -> None:
    answer = ada.post(ORGANIZATIONS, body)

    assert (answer.status, answer.body.keys()) == (400, {"detail", "code"})
    assert not get_organization_model().objects.exists()


@pytest.mark.parametrize(
    "name", ["x" * 255, "\U0001f3ed" * 255, "A \u202fB", "Ünïcode & <b>bold</b>", "%_\\'\"", "0"]
)
def test_name__is_kept_as_it_is(ada: Caller, name: str) -> None:
    created = ada.post(ORGANIZATIONS, {"name": name, "description": name})

    assert created.status == 201
    assert (created.body["name"], created.body["description"]) == (name, name)
    assert get_organization_model().objects.get().name == name


def test_long_description__is_kept(ada: Caller) -> None:
    text = "x" * 10_000

    created = ada.post(ORGANIZATIONS, {"name": "Acme", "description": text})

    assert created.body["description"] == text


def test_description_that_would_swell_every_list__is_refused(ada: Caller) -> None:
    created = ada.post(ORGANIZATIONS, {"name": "Acme", "description": "x" * 10_001})

    assert created.status == 400
    assert list(created.body) == ["description"]


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


def test_one_name__may_be_that_of_several(ada: Caller) -> None:
    ids = [ada.post(ORGANIZATIONS, {"name": "Acme"}).body["id"] for _ in range(2)]

    assert len(set(ids)) == 2


def test_form__creates_one_too(ada: Caller) -> None:
    for options in ({}, {"content_type": "application/x-www-form-urlencoded"}):
        data: Any = "name=Acme" if options else {"name": "Acme"}
        response = ada.client.post("/api/organizations/", data, **options)
        assert (response.status_code, response.json()["name"]) == (201, "Acme")


def test_anonymous_people__create_none(db: None) -> None:
    assert anonymous().post(ORGANIZATIONS, {"name": "Acme"}).status == 401
    assert not get_organization_model().objects.exists()


def test_session__needs_a_csrf_token(ada: Caller) -> None:
    browser = browser_of(ada.user)

    def post(**headers: str) -> int:
        response = browser.post("/api/organizations/", {"name": "Acme"}, headers=headers)
        return int(response.status_code)

    assert post() == 403
    assert not get_organization_model().objects.exists()
    assert post(**{"X-CSRFToken": CSRF_TOKEN}) == 201


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_list__takes_no_other_method(ada: Caller, method: str) -> None:
    answer = ada.send(method, ORGANIZATIONS, {"name": "Acme"})

    assert (answer.status, answer.code) == (405, "method_not_allowed")


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


def test_client_that_sends_a_form_for_browsers__gets_a_page(ada: Caller) -> None:
    browser = Client()
    browser.force_login(ada.user)

    response = browser.post("/api/organizations/", {"name": ""}, headers={"Accept": "text/html"})

    assert response.status_code == 400
    assert b"may not be blank" in response.content
