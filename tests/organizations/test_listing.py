"""The list of organizations: search, ordering, pages, members."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from org_files import counters
from org_files.models import AbstractOrganization, Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import ORGANIZATIONS, Caller

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def five(operator: Caller) -> list[AbstractOrganization]:
    """Five organizations, named against the order in which they came to be."""
    return [
        make_organization(name, description=text, created_at=BEGINNING + timedelta(days=day))
        for day, (name, text) in enumerate(
            [
                ("Umbrella", "Umbrellas"),
                ("Tyrell", "100% natural_looking"),
                ("Initech", "Printers"),
                ("Hooli", "Search, natural-looking"),
                ("Cyberdyne", "1000 printers"),
            ]
        )
    ]


def names(caller: Caller, **parameters: str) -> list[str]:
    answer = caller.get(ORGANIZATIONS, **parameters)
    assert answer.status == 200, answer
    return [row["name"] for row in answer.body["results"]]


def test_list__is_ordered_by_name(operator: Caller, five: Any) -> None:
    assert names(operator) == ["Cyberdyne", "Hooli", "Initech", "Tyrell", "Umbrella"]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("-name", ["Umbrella", "Tyrell", "Initech", "Hooli", "Cyberdyne"]),
        ("created_at", ["Umbrella", "Tyrell", "Initech", "Hooli", "Cyberdyne"]),
    ],
)
def test_ordering(operator: Caller, five: Any, ordering: str, expected: list[str]) -> None:
    assert names(operator, ordering=ordering) == expected


@pytest.mark.parametrize("folded", [True, False])
def test_ordering_by_downloads__counts_what_is_not_folded_yet(
    operator: Caller, five: list[AbstractOrganization], folded: bool
) -> None:
    for index, count in ((3, 3), (1, 2), (0, 1)):
        file = make_file(five[index])
        for _ in range(count):
            counters.record_download(file=file)
    if folded:
        counters.fold()

    rising, falling = (
        ["Cyberdyne", "Initech", "Umbrella", "Tyrell", "Hooli"],
        "-download_count,-name",
    )
    assert names(operator, ordering="download_count,name") == rising
    assert names(operator, ordering=falling) == [
        "Hooli",
        "Tyrell",
        "Umbrella",
        "Initech",
        "Cyberdyne",
    ]


@pytest.mark.parametrize(
    "ordering",
    ["description", "file_count", "membership__user__password", "?", "name,"],
)
def test_ordering_by_anything_else__is_400(operator: Caller, ordering: str) -> None:
    answer = operator.get(ORGANIZATIONS, ordering=ordering)

    assert (answer.status, list(answer.body)) == (400, ["ordering"])


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("umbrella", ["Umbrella"]),
        ("printers 1000", ["Cyberdyne"]),
        ("100%", ["Tyrell"]),
        ("natural_looking", ["Tyrell"]),
    ],
)
def test_search__looks_into_name_and_description(
    operator: Caller, five: Any, search: str, expected: list[str]
) -> None:
    assert names(operator, search=search) == expected


def test_expand__adds_members_in_the_order_in_which_they_came(
    acme: AbstractOrganization, admin: Caller, member: Caller
) -> None:
    other = make_organization("Solo")
    join(other, admin.user, Role.VIEWER)
    join(acme, late := make_user("late", first_name="Late", last_name="Comer"), Role.VIEWER)

    answer = admin.get(ORGANIZATIONS, expand="members")

    members = [row["members"] for row in answer.body["results"]]
    assert members == [
        [
            {"id": admin.user.pk, "name": admin.user.email, "role": "admin"},
            {"id": member.user.pk, "name": member.user.email, "role": "member"},
            {"id": late.pk, "name": "Late Comer", "role": "viewer"},
        ],
        [{"id": admin.user.pk, "name": admin.user.email, "role": "viewer"}],
    ]
    one = admin.get(f"organizations/{acme.pk}/", expand="members")
    assert one.body == answer.body["results"][0]


def test_members__are_not_there_unless_asked_for(admin: Caller, acme: AbstractOrganization) -> None:
    for path in (ORGANIZATIONS, f"organizations/{acme.pk}/"):
        assert b"members" not in admin.get(path).content


def test_expand_with_paging_and_search__goes_together(
    operator: Caller, five: Any, acme: AbstractOrganization, admin: Caller
) -> None:
    answer = operator.get(ORGANIZATIONS, expand="members", search="anvil", cursor="")

    assert [len(row["members"]) for row in answer.body["results"]] == [1]


@pytest.mark.parametrize("expand", ["", "owner", "members,files"])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_expand_of_anything_else__is_400(
    admin: Caller, acme: AbstractOrganization, expand: str, accept: str
) -> None:
    for path in (ORGANIZATIONS, f"organizations/{acme.pk}/"):
        response = admin.client.get(f"/api/{path}", {"expand": expand}, headers={"Accept": accept})

        assert response.status_code == 400
        assert response.headers["Content-Type"].startswith(accept)
        assert b"Takes members." in response.content
