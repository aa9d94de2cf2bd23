"""The list of organizations: search, ordering, pages, members, and its queries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files import counters
from org_files.accounts.models import Avatar
from org_files.models import Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import ORGANIZATIONS, caller

pytestmark = pytest.mark.django_db

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)

#: Named against the order in which they came to be.
TEXTS = {
    "Umbrella": "Umbrellas",
    "Tyrell": "100% natural_looking",
    "Initech": "Printers",
    "Hooli": "Search, natural-looking",
    "Cyberdyne": "1000 printers",
}


@pytest.fixture
def five(operator):
    return [
        make_organization(name, description=text, created_at=BEGINNING + timedelta(days=day))
        for day, (name, text) in enumerate(TEXTS.items())
    ]


def names(caller, **parameters):
    answer = caller.get(ORGANIZATIONS, **parameters)
    assert answer.status == 200, answer
    return [row["name"] for row in answer.body["results"]]


def test_list__is_ordered_by_name_or_as_asked(operator, five):
    assert names(operator) == [*TEXTS][::-1]
    assert names(operator, ordering="-name") == [*TEXTS]
    assert names(operator, ordering="created_at") == [*TEXTS]


@pytest.mark.parametrize("folded", [True, False])
def test_ordering_by_downloads__counts_what_is_not_folded_yet(operator, five, folded):
    for index, count in ((3, 3), (1, 2), (0, 1)):
        file = make_file(five[index])
        for _ in range(count):
            counters.record_download(file=file)
    if folded:
        counters.fold()

    rising = ["Cyberdyne", "Initech", "Umbrella", "Tyrell", "Hooli"]
    falling = ["Hooli", "Tyrell", "Umbrella", "Initech", "Cyberdyne"]
    assert names(operator, ordering="download_count,name") == rising
    assert names(operator, ordering="-download_count,-name") == falling


@pytest.mark.parametrize("ordering", ["description", "membership__user__password", "name,"])
def test_ordering_by_anything_else__is_400(operator, ordering):
    answer = operator.get(ORGANIZATIONS, ordering=ordering)

    assert (answer.status, list(answer.body)) == (400, ["ordering"])


def test_search__looks_into_name_and_description(operator, five):
    for search, expected in {
        "umbrella": ["Umbrella"],
        "printers 1000": ["Cyberdyne"],
        "100%": ["Tyrell"],
        "natural_looking": ["Tyrell"],
    }.items():
        assert names(operator, search=search) == expected


def test_expand__adds_members_in_the_order_in_which_they_came(acme, admin, member):
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
    found = admin.get(ORGANIZATIONS, expand="members", search="anvil", cursor="")
    assert [row["members"] for row in found.body["results"]] == members[:1]
    for path in (ORGANIZATIONS, f"organizations/{acme.pk}/"):
        assert b"members" not in admin.get(path).content


@pytest.mark.parametrize(
    ("expand", "accept"), [("", "application/json"), ("members,files", "text/html")]
)
def test_expand_of_anything_else__is_400(admin, acme, expand, accept):
    for path in (ORGANIZATIONS, f"organizations/{acme.pk}/"):
        response = admin.client.get(f"/api/{path}", {"expand": expand}, headers={"Accept": accept})

        assert response.status_code == 400
        assert response.headers["Content-Type"].startswith(accept)
        assert b"Takes members." in response.content


# As many queries for long lists as for short ones.


def asked(who, path):
    """Return how many rows came, and how many queries they took."""
    with CaptureQueriesContext(connection) as context:
        answer = who.get(path)
    assert answer.status == 200, answer
    return len(answer.body["results"]), len(context.captured_queries)


#: Queries of a list: who it is, the page; and what is looked up for all rows together.
PATHS = {
    "organizations/?page_size=200": 2,
    "organizations/?page_size=200&expand=members": 3,
    "organizations/?page_size=200&expand=members&cursor=": 3,
    "users/?page_size=200": 4,
    "users/?page_size=200&cursor=": 4,
}


@pytest.mark.parametrize(
    ("policy", "is_operator"), [("OrganizationPolicy", False), ("OpenPolicy", True)]
)
def test_long_list__asks_as_often_as_a_short_one(use, policy, is_operator):
    use(policy)
    who = caller(make_user(is_staff=is_operator))
    for added, count in ((1, 1), (3, 4)):
        for _ in range(added):
            organization, other = make_organization(), make_user("other")
            join(organization, who.user, Role.ADMIN)
            join(organization, other)
            make_file(organization, other)
            Avatar.objects.create(user=other, key=f"avatars/{other.pk}", content_type="-", size=1)
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
