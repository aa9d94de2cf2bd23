"""What the OpenAPI schema says of organizations and members is what the API does."""

import pytest

from org_files.counters import record_download
from org_files.models import Membership, Role
from org_files.testing.factories import join, make_organization, make_user
from tests.rest.requests import signed_in


@pytest.fixture
def by(admin):
    """The admin's client."""
    return signed_in(admin)


def test_organization__has_the_properties_of_the_schema(contract, answer, organization, by, file):
    schema = contract.schema["components"]["schemas"]["Organization"]
    for query, more in (("", set()), ("?expand=members", {"members"})):
        one = answer("organizations_retrieve", key=organization.pk, by=by, query=query).json()
        [row] = answer("organizations_list", by=by, query=query).json()["results"]
        assert one.keys() == row.keys() == {*schema["required"], *more}
    assert {*schema["required"]} == schema["properties"].keys() - {"members"}
    assert {member["role"] for member in row["members"]} == {"member", "admin"}
    response = answer("organizations_retrieve", key=organization.pk, query="?expand=files")
    assert response.status_code == 400


def test_new_organization__takes_what_the_schema_lists_and_no_more(contract, answer, client):
    values = {"name": "Initech", "description": "Paper."}
    schema = contract.schema["components"]["schemas"]["NewOrganization"]
    assert schema["properties"].keys() == values.keys()
    assert schema["required"] == ["name"]
    created = answer("organizations_create", json=values, query="?expand=members")
    assert created.status_code == 201
    assert values.items() <= created.json().items()
    assert answer("organizations_create", json={"name": "Initech"}).status_code == 201
    for wrong in ({}, {"name": ""}, {"name": "n" * 10_000}):
        assert answer("organizations_create", json=wrong).status_code == 400


def test_change_of_an_organization__answers_as_the_schema_says(
    contract, answer, organization, by, client
):
    values = {"name": "Initech", "description": "Paper."}
    properties = contract.schema["components"]["schemas"]["PatchedOrganization"]["properties"]
    assert properties.keys() == values.keys()
    for name, value in values.items():
        changed = answer("organizations_update", key=organization.pk, by=by, json={name: value})
        assert changed.json()[name] == value
    for who, json, status in ((by, {"name": ""}, 400), (client, values, 403)):
        response = answer("organizations_update", key=organization.pk, by=who, json=json)
        assert response.status_code == status


def test_deletion_of_an_organization__answers_as_the_schema_says(answer, admin, by, file, client):
    empty = make_organization("Initech")
    join(empty, admin, Role.ADMIN)
    for key, who, status in (
        (file.organization_id, client, 403),
        (file.organization_id, by, 409),
        (empty.pk, by, 204),
        (empty.pk, by, 404),
    ):
        assert answer("organizations_delete", key=key, by=who).status_code == status


def test_usage__has_the_properties_of_the_schema(contract, answer, file, user):
    record_download(file=file, user=user)
    schema = contract.schema["components"]["schemas"]["OrganizationUsage"]
    body = answer("organizations_usage", key=file.organization_id).json()
    assert body.keys() == schema["properties"].keys() == {*schema["required"]}
    assert len(body["downloads_per_day"]) == 30
    assert body["downloads_per_day"][-1]["count"] == 1


def test_days_of_the_usage__are_those_of_the_schema(contract, answer, organization):
    days = contract.parameters("organizations_usage")["days"]["schema"]
    smallest, largest = days["minimum"], days["maximum"]
    for number, status in (
        *((smallest, 200), (largest, 200)),
        *((smallest - 1, 400), (largest + 1, 400), ("a", 400), ("", 400)),
    ):
        query = f"?days={number}"
        response = answer("organizations_usage", key=organization.pk, query=query)
        assert response.status_code == status, number
        if status == 200:
            assert len(response.json()["downloads_per_day"]) == number


def test_members__have_the_properties_of_the_schema(contract, answer, organization, by, user):
    schema = contract.schema["components"]["schemas"]["OrganizationMember"]
    rows = answer("members_list", key=organization.pk, by=by).json()["results"]
    assert {row["id"]: row["role"] for row in rows}[user.pk] == "member"
    for row in rows:
        assert row.keys() == schema["properties"].keys() == {*schema["required"]}


@pytest.fixture
def new(admin):
    """A user whom the admin sees, of another organization."""
    user = make_user("new")
    other = make_organization("Initech")
    join(other, user)
    join(other, admin)
    return user


def test_new_member__answers_as_the_schema_says(contract, answer, organization, by, new, client):
    values = {"user": new.pk, "role": "viewer"}
    schema = contract.schema["components"]["schemas"]["NewMember"]
    assert schema["properties"].keys() == values.keys() == {*schema["required"]}
    for who, json, status in (
        (client, values, 403),
        (by, {"user": new.pk}, 400),
        (by, {"role": "viewer"}, 400),
        (by, values | {"role": "owner"}, 400),
        (by, values | {"user": 987654321}, 400),
        (by, values, 201),
        (by, values, 400),
    ):
        response = answer("members_create", key=organization.pk, by=who, json=json)
        assert response.status_code == status, json
        if status == 201:
            assert response.json()["role"] == "viewer"


@pytest.mark.parametrize("role", Role.values)
def test_new_role__is_one_of_the_schema(contract, answer, organization, by, user, role):
    roles = contract.schema["components"]["schemas"]["MembershipRole"]["enum"]
    assert roles == Role.values
    key = (organization.pk, user.pk)
    changed = answer("members_update", key=key, by=by, json={"role": role})
    assert changed.json() == {"id": user.pk, "name": changed.json()["name"], "role": role}


def test_change_and_end_of_a_membership__answer_as_the_schema_says(
    answer, organization, by, admin, user, client
):
    mine, others = (organization.pk, admin.pk), (organization.pk, user.pk)
    for id, key, who, json, status in (
        ("members_update", mine, client, {"role": "viewer"}, 403),
        ("members_update", mine, by, {"role": "viewer"}, 409),
        ("members_update", others, by, {"role": "owner"}, 400),
        ("members_update", others, by, {}, 200),
        ("members_delete", mine, client, None, 403),
        ("members_delete", mine, by, None, 409),
        ("members_delete", others, by, None, 204),
        ("members_delete", others, by, None, 404),
    ):
        assert answer(id, key=key, by=who, json=json).status_code == status, (id, json)
    assert [row.user for row in Membership.objects.filter(organization=organization)] == [admin]
