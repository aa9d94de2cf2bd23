"""Files by what they are linked to: lists, and all of them into the trash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.files import services as file_services
from org_files.models import AbstractFile, AbstractOrganization, Membership
from org_files.testing.factories import join, make_file, make_user
from tests.organizations.calls import Answer, Caller, caller

PATH = "resources/product/1/files/"


@pytest.fixture
def files(
    organization: AbstractOrganization, user: Any, admin: Any, stranger: Any
) -> dict[str, AbstractFile]:
    """Files that are linked to the product 1, and others."""
    globex = Membership.objects.get(user=stranger).organization
    product = {"resource": "product", "resource_id": "1"}
    now = timezone.now()
    return {
        "mine": make_file(organization, user, name="mine 50%", size=1, **product),
        "admin's": make_file(organization, admin, name="hers", is_public=True, **product),
        "nobody's": make_file(organization, None, name="nobody's", **product),
        "trashed": make_file(organization, user, deleted_at=now, **product),
        "expired": make_file(organization, user, expires_at=now - timedelta(seconds=1), **product),
        "theirs": make_file(globex, stranger, **product),
        "public": make_file(globex, stranger, is_public=True, **product),
        "product 2": make_file(organization, user, resource="product", resource_id="2"),
        "product 11": make_file(organization, user, resource="product", resource_id="11"),
        "avatar 1": make_file(organization, user, resource="avatar", resource_id="1"),
        "unlinked": make_file(organization, user),
    }


@pytest.fixture
def people(user: Any, admin: Any, stranger: Any, operator: Any) -> dict[str, Caller]:
    """Everybody by name."""
    users = {"member": user, "admin": admin, "stranger": stranger, "operator": operator}
    return {name: caller(one) for name, one in users.items()}


def names(files: dict[str, AbstractFile], answer: Answer) -> set[str]:
    assert answer.status == 200, answer
    found = [row["id"] for row in answer.body["results"]]
    assert len(found) == len(set(found))
    return {name for name, file in files.items() if str(file.public_id) in found}


def trashed(files: dict[str, AbstractFile]) -> set[str]:
    """Return which of them are in the trash, beside the one that was."""
    rows = get_file_model()._base_manager.exclude(deleted_at=None)
    pks = set(rows.values_list("pk", flat=True))
    return {name for name, file in files.items() if file.pk in pks} - {"trashed"}


LIVE = {"mine", "admin's", "nobody's", "theirs", "public"}
OURS, THEIRS = {"mine", "admin's", "nobody's"}, {"theirs", "public"}


@pytest.mark.parametrize(
    ("policy", "who", "listed", "removed"),
    [
        ("OpenPolicy", "member", OURS, {"mine"}),
        ("OrganizationPolicy", "admin", OURS, OURS),
        ("OrganizationPolicy", "operator", LIVE, set()),
        ("OwnerPolicy", "member", {"mine"}, {"mine"}),
        ("OwnerPolicy", "operator", set(), set()),
    ],
)
def test_files_of_a_thing__are_those_of_ones_organizations(
    files: dict[str, AbstractFile],
    people: dict[str, Caller],
    settings: Any,
    policy: str,
    who: str,
    listed: set[str],
    removed: set[str],
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    assert names(files, people[who].get(PATH)) == listed
    answer = people[who].delete(PATH)

    assert (answer.status, answer.body) == (200, {"deleted": len(removed)})
    assert trashed(files) == removed
    assert names(files, people[who].get(PATH)) == listed - removed
    assert people[who].delete(PATH).body == {"deleted": 0}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"search": "%"}, {"mine"}),
        ({"is_public": "false"}, {"mine", "nobody's"}),
        ({"resource": "avatar"}, set()),
        ({"ordering": "-download_count,name"}, OURS),
    ],
)
def test_filters__hold_for_the_list_and_for_what_is_removed(
    files: dict[str, AbstractFile],
    people: dict[str, Caller],
    filters: dict[str, str],
    expected: set[str],
) -> None:
    asker = people["admin"]
    assert names(files, asker.get(PATH, **filters)) == expected

    response = asker.client.delete(f"/api/{PATH}", query_params=filters)

    assert (response.status_code, response.json()) == (200, {"deleted": len(expected)})
    assert trashed(files) == expected


@pytest.mark.parametrize("policy", ["OrganizationPolicy"])
def test_operator__deletes_in_their_own_organizations_unless_they_say_whose(
    files: dict[str, AbstractFile],
    people: dict[str, Caller],
    organization: AbstractOrganization,
    user: Any,
    stranger: Any,
    settings: Any,
    policy: str,
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    operator = people["operator"]
    join(files["theirs"].organization, operator.user, "viewer")
    globex = files["theirs"].organization_id

    assert operator.delete(f"{PATH}?organization=&owner=").body == {"deleted": 2}
    assert trashed(files) == THEIRS
    assert names(files, operator.get(PATH)) == OURS

    assert operator.delete(f"{PATH}?owner={user.pk}").body == {"deleted": 1}
    assert operator.delete(f"{PATH}?owner={user.pk}&organization={globex}").body == {"deleted": 0}
    assert trashed(files) == {*THEIRS, "mine"}
    assert operator.delete(f"{PATH}?organization={organization.pk}").body == {"deleted": 2}
    assert trashed(files) == LIVE


def test_trash_of_a_thing__is_listed_and_not_removed_again(
    files: dict[str, AbstractFile], people: dict[str, Caller]
) -> None:
    assert names(files, people["member"].get(PATH, trashed="true")) == {"trashed"}

    assert people["member"].delete(f"{PATH}?trashed=true").body == {"deleted": 0}

    assert trashed(files) == set()


@pytest.mark.parametrize("query", ["page=1", "page_size=1", "cursor="])
def test_page__is_nothing_to_remove(
    files: dict[str, AbstractFile], people: dict[str, Caller], query: str
) -> None:
    assert people["admin"].get(f"{PATH}?{query}").status == 200

    assert people["admin"].delete(f"{PATH}?{query}").status == 400

    assert trashed(files) == set()


def test_malformed_query__is_400_and_removes_nothing(
    files: dict[str, AbstractFile], people: dict[str, Caller]
) -> None:
    for query in (
        "colour=red",
        "is_public=perhaps",
        "search=a%00b",
        "ordering=sha256",
        "name=a&name=a",
    ):
        assert people["admin"].delete(f"{PATH}?{query}").status == 400, query
    assert trashed(files) == set()


def test_thing_that_no_file_can_be_linked_to__is_404(people: dict[str, Caller]) -> None:
    for path in ("a%00b/1", "product/1%00", f"{'x' * 101}/1", f"product/{'x' * 8000}"):
        for method in ("GET", "DELETE"):
            answer = people["operator"].send(method, f"resources/{path}/files/")
            assert (answer.status, answer.code) == (404, "not_found"), path


@pytest.mark.parametrize(
    ("resource", "resource_id", "path"),
    [
        ("\u5831\u544a", "\u00e9 1", "resources/\u5831\u544a/\u00e9%201/files/"),
        ("a%b", "...", "resources/a%25b/.../files/"),
    ],
)
def test_names_of_things__are_any_text(
    organization: AbstractOrganization,
    user: Any,
    people: dict[str, Caller],
    resource: str,
    resource_id: str,
    path: str,
) -> None:
    make_file(organization, user, resource=resource, resource_id=resource_id)
    make_file(organization, user, resource="a", resource_id="1")

    assert people["member"].get(path).body["count"] == 1
    assert people["member"].delete(path).body == {"deleted": 1}


def test_more_than_a_batch__is_removed_whole(
    organization: AbstractOrganization,
    user: Any,
    people: dict[str, Caller],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_services, "BATCH_SIZE", 2)
    other = make_user()
    join(organization, other)
    for number in range(7):
        owner = user if number % 3 else other
        make_file(organization, owner, resource="product", resource_id="1")

    assert people["member"].delete(PATH).body == {"deleted": 4}
    assert people["member"].get(PATH).body["count"] == 3
