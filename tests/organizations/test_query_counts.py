"""Queries of lists: as many for long ones as for short ones."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files.models import Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import caller

pytestmark = pytest.mark.django_db


def asked(who, path):
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


@pytest.mark.parametrize("policy", ["OpenPolicy", "OrganizationPolicy"])
@pytest.mark.parametrize("is_operator", [False, True])
def test_long_list__asks_as_often_as_a_short_one(use, policy, is_operator):
    use(policy)
    who = caller(make_user(is_staff=is_operator))
    for added, count in ((1, 1), (3, 4)):
        for _ in range(added):
            organization, other = make_organization(), make_user("other")
            join(organization, who.user, Role.ADMIN)
            join(organization, other)
            make_file(organization, other)
        for path, queries in PATHS.items():
            # Operators are told where files of users are, by one query more.
            expected = queries + (is_operator and path.startswith("users"))
            rows = count + path.startswith("users")
            assert asked(who, path) == (rows, expected), path


def test_many_members__take_as_many_queries_as_one(django_assert_num_queries):
    organization = make_organization()
    who = caller(make_user())
    join(organization, who.user, Role.ADMIN)
    path = f"organizations/{organization.pk}/"
    paths = (f"{path}members/?page_size=200", "organizations/?expand=members")
    few = [asked(who, each)[1] for each in paths]
    for _ in range(4):
        join(organization, make_user())

    assert [asked(who, each)[1] for each in paths] == few
    assert len(who.get(path, expand="members").body["members"]) == 5
    # Who it is, the organization, its totals, the days, its tier.
    for days in ("1", "366"):
        with django_assert_num_queries(5):
            assert who.get(f"{path}usage/", days=days).status == 200
