"""What the parameters of lists find."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from org_files import get_file_model
from org_files.models import AbstractOrganization
from org_files.testing.factories import make_file, make_organization, make_user
from tests.rest.requests import signed_in


@pytest.fixture
def files(organization: AbstractOrganization, user: Any) -> dict[str, Any]:
    other = make_user("grace")
    return {
        "a": make_file(
            organization,
            user,
            name="a%b.txt",
            content=b"1",
            comment="first",
            resource="invoice",
            resource_id="7",
            created_at=datetime(2024, 1, 1, 12, tzinfo=UTC),
            content_type="text/plain",
        ),
        "b": make_file(
            organization,
            other,
            name="a_b.txt",
            content=b"22",
            comment="50% off",
            is_public=True,
            created_at=datetime(2024, 1, 2, 12, tzinfo=UTC),
            content_type="image/png",
        ),
        "c": make_file(
            organization,
            None,
            name="axb.txt",
            content=b"333",
            comment="back\\slash under_score",
            resource="invoice",
            resource_id="8",
            created_at=datetime(2024, 1, 3, 12, tzinfo=UTC),
            content_type="application/pdf",
        ),
    }


def found(client: Client, files: dict[str, Any], **parameters: str) -> str:
    """Return the keys of the files found, in the order of the list."""
    response = client.get("/api/files/", parameters)
    assert response.status_code == 200, response.content
    keys = {str(file.public_id): key for key, file in files.items()}
    return "".join(keys[row["id"]] for row in response.json()["results"])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "cba"),
        ({"ordering": "created_at"}, "abc"),
        ({"ordering": "size"}, "abc"),
        ({"ordering": "download_count,-size"}, "cba"),
        ({"ordering": "last_downloaded_at,size"}, "abc"),
        ({"name": "a_b.txt"}, "b"),
        ({"name": "a"}, ""),
        ({"resource": "invoice"}, "ca"),
        ({"resource": "invoice", "resource_id": "8"}, "c"),
        ({"content_type": "image/png"}, "b"),
        ({"is_picture": "true"}, "b"),
        ({"is_picture": "false"}, "ca"),
        ({"is_public": "true"}, "b"),
        ({"is_public": "FALSE"}, "ca"),
        ({"min_size": "2", "max_size": "2"}, "b"),
        ({"max_size": "9223372036854775807"}, "cba"),
        ({"created_after": "2024-01-02T12:00:00Z"}, "c"),
        ({"created_before": "2024-01-02T12:00:00Z"}, "a"),
        ({"created_after": "2024-01-02T13:00:00 02:00"}, "cb"),
        ({"search": "FIRST"}, "a"),
        ({"search": "off 50%"}, "b"),
        # What would be wildcards are characters.
        ({"search": "%"}, "ba"),
        ({"search": "_"}, "cb"),
        ({"search": "a%b"}, "a"),
        ({"search": "\\_"}, ""),
        ({"search": ""}, "cba"),
        # As the form of a browser sends what was left empty.
        ({"organization": "", "owner": "", "is_public": "", "min_size": "", "name": ""}, "cba"),
        ({"organization": "987654321"}, ""),
        ({"page": "2", "page_size": "2"}, "a"),
        ({"page": "002", "page_size": "2"}, "a"),
        ({"format": "json"}, "cba"),
    ],
)
def test_parameter__finds(
    client: Client, files: dict[str, Any], parameters: dict[str, str], expected: str
) -> None:
    assert found(client, files, **parameters) == expected


def test_name__is_the_same_where_the_database_says_so(
    client: Client, files: dict[str, Any]
) -> None:
    # To the collations that MariaDB chooses by itself, letters of both cases are equal.
    assert found(client, files, name="A_B.txt") == ("b" if connection.vendor == "mysql" else "")


def test_organization_and_owner__are_found_by_key(
    client: Client, files: dict[str, Any], user: Any, organization: AbstractOrganization
) -> None:
    assert found(client, files, owner=str(user.pk)) == "a"
    assert found(client, files, organization=str(organization.pk)) == "cba"
    assert found(client, files, organization=str(organization.pk), owner=str(user.pk)) == "a"


def test_rows_without_a_value__come_last_in_both_directions(
    client: Client, files: dict[str, Any]
) -> None:
    for key, day in (("a", 1), ("b", 2)):
        get_file_model()._base_manager.filter(pk=files[key].pk).update(
            folded_last_downloaded_at=datetime(2024, 2, day, tzinfo=UTC)
        )

    assert found(client, files, ordering="last_downloaded_at") == "abc"
    assert found(client, files, ordering="-last_downloaded_at") == "bac"


def test_same_filters__hold_under_an_organization(
    client: Client, files: dict[str, Any], organization: AbstractOrganization
) -> None:
    make_file(name="elsewhere.txt", is_public=True)
    path = f"/api/organizations/{organization.pk}/files/"

    assert client.get(path).json()["count"] == 3
    assert client.get(path, {"resource": "invoice"}).json()["count"] == 2
    assert client.get(path, {"min_size": "abc"}).status_code == 400
    assert client.get(path, {"name__regex": "a"}).status_code == 400
    assert client.get(path, {"organization": "987654321"}).json()["count"] == 0


def test_organizations__are_searched_and_ordered(operator: Any) -> None:
    for name in ("b%", "a_", "c"):
        make_organization(name, description=f"the {name}")
    client = signed_in(operator)

    def names(**parameters: str) -> list[str]:
        results = client.get("/api/organizations/", parameters).json()["results"]
        return [row["name"] for row in results]

    assert names() == ["a_", "b%", "c"]
    assert names(ordering="-name") == ["c", "b%", "a_"]
    assert names(ordering="-created_at") == ["c", "a_", "b%"]
    assert names(search="%") == ["b%"]
    assert names(search="THE") == ["a_", "b%", "c"]
    assert names(ordering="download_count,-name") == ["c", "b%", "a_"]
