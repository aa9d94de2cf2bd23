"""POST files/: which organization a file goes to, under each policy."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.models import AbstractOrganization, Membership
from org_files.testing.factories import join, make_organization, make_user
from tests.rest.requests import post_file, signed_in

POLICIES = ["OpenPolicy", "OrganizationPolicy"]


@pytest.fixture(params=POLICIES)
def policy(request: Any, settings: Any) -> str:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{request.param}"}}
    return str(request.param)


def test_member_of_one_organization__need_not_name_it(
    client: Client, organization: AbstractOrganization, policy: str
) -> None:
    assert post_file(client).json()["organization"]["id"] == organization.pk
    named = post_file(client, organization=str(organization.pk))
    assert named.json()["organization"]["id"] == organization.pk


@pytest.mark.usefixtures("policy")
def test_member_of_several__has_to_name_one(client: Client, user: Any) -> None:
    second = make_organization("Initech")
    join(second, user)

    ambiguous = post_file(client)
    named = post_file(client, organization=str(second.pk))

    assert ambiguous.status_code == 400
    assert list(ambiguous.json()) == ["organization"]
    assert named.json()["organization"] == {"id": second.pk, "name": "Initech"}


@pytest.mark.usefixtures("policy", "unchanged")
def test_unknown_organization__is_400(client: Client) -> None:
    response = post_file(client, organization="987654321")

    assert response.status_code == 400
    assert list(response.json()) == ["organization"]


@pytest.mark.usefixtures("policy", "unchanged")
def test_member_of_none__is_403(organization: AbstractOrganization) -> None:
    nobody = make_user("nobody")

    for data in ({}, {"organization": str(organization.pk)}, {"organization": "987654321"}):
        response = post_file(signed_in(nobody), **data)
        assert response.status_code == 403
        assert response.json()["code"] == "no_organization"


@pytest.mark.usefixtures("policy")
def test_operator_without_an_organization__has_to_name_one(operator: Any) -> None:
    response = post_file(signed_in(operator))

    assert response.status_code == 403
    assert response.json()["code"] == "no_organization"


@pytest.mark.parametrize(
    ("policy", "status"),
    [("OpenPolicy", 403), ("OwnerPolicy", 400)],
    indirect=["policy"],
)
@pytest.mark.usefixtures("unchanged", "policy")
def test_organization_of_others__is_400_unless_one_sees_it(
    client: Client, stranger: Any, status: int
) -> None:
    foreign = Membership.objects.get(user=stranger).organization_id

    assert post_file(client, organization=str(foreign)).status_code == status


def test_invisible_organization__is_answered_like_a_missing_one(
    client: Client, stranger: Any
) -> None:
    foreign = Membership.objects.get(user=stranger).organization_id

    invisible = post_file(client, organization=str(foreign))
    missing = post_file(client, organization="987654321")

    assert invisible.content == missing.content
