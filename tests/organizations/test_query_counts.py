"""Queries of lists: as many for long ones as for short ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files.models import Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import Caller, caller


def add(user: Any, count: int) -> None:
    """Have ``user`` share ``count`` organizations with another user each, who has a file."""
    for _ in range(count):
        organization = make_organization()
        join(organization, user, Role.ADMIN)
        other = make_user("other")
        join(organization, other)
        make_file(organization, other)


def asked(who: Caller, path: str) -> tuple[int, int]:
    """Return how many rows came, and how many queries they took."""
    with CaptureQueriesContext(connection) as context:
        answer = who.get(path)
    assert answer.status == 200, answer
    return len(answer.body["results"]), len(context.captured_queries)


#: Queries of a list: who it is, the count, the page; and what is looked up for all rows together.
PATHS = {
    "organizations/?page_size=200": 3,
    "organizations/?page_size=200&expand=members": 4,
    "organizations/?page_size=200&expand=members&cursor=": 3,
    "users/?page_size=200": 5,
    "users/?page_size=200&cursor=": 4,
}


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy"])
@pytest.mark.parametrize("is_operator", [False, True])
def test_long_list__asks_as_often_as_a_short_one(use: Any, policy: str, is_operator: bool) -> None:
    use(policy)
    who = caller(make_user(is_staff=is_operator))
    add(who.user, 1)
    few = {path: asked(who, path) for path in PATHS}
    add(who.user, 9)

    many = {path: asked(who, path) for path in PATHS}

    for path, queries in PATHS.items():
        # Operators are told where files of users are, by one query more.
        expected = queries + (is_operator and path.startswith("users"))
        assert few[path][0] <= 2
        assert many[path][0] in (10, 11)
        assert (few[path][1], many[path][1]) == (expected, expected), path


@pytest.mark.django_db
def test_many_members__take_as_many_queries_as_one() -> None:
    organization = make_organization()
    who = caller(make_user())
    join(organization, who.user, Role.ADMIN)
    paths = (
        f"organizations/{organization.pk}/members/?page_size=200",
        "organizations/?expand=members",
    )
    few = [asked(who, path)[1] for path in paths]
    for _ in range(9):
        join(organization, make_user())

    assert [asked(who, path)[1] for path in paths] == few
    members = who.get(f"organizations/{organization.pk}/", expand="members").body["members"]
    assert len(members) == 10


@pytest.mark.django_db
def test_usage__asks_as_often_for_a_year_as_for_a_day(django_assert_num_queries: Any) -> None:
    organization = make_organization()
    who = caller(make_user())
    join(organization, who.user)
    for days in ("1", "366"):
        # Who it is, the organization, its totals, the days, its tier.
        with django_assert_num_queries(5):
            assert who.get(f"organizations/{organization.pk}/usage/", days=days).status == 200
