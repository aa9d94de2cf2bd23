"""Lists of the trash: what one may take out of it, with the filters of all lists of files."""

from __future__ import annotations

from typing import Any

import pytest

from org_files.files import trash_file
from org_files.models import AbstractFile, AbstractOrganization, Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import Answer, caller


@pytest.fixture
def trash(organization: AbstractOrganization, user: Any, admin: Any) -> dict[str, AbstractFile]:
    """Files in the trash, by whose they are."""
    former = make_organization("Former")
    files = {
        "mine": make_file(organization, user, name="mine 50%", content=b"1"),
        "admin's": make_file(organization, admin, name="hers", content=b"22", is_public=True),
        "nobody's": make_file(organization, None, name="nobody's", content=b"333"),
        "elsewhere": make_file(make_organization(), None, is_public=True),
        # The member does not belong to its organization any more.
        "left behind": make_file(former, user, name="left behind"),
    }
    for file in files.values():
        trash_file(file=file)
    make_file(organization, user, name="live", is_public=True)
    return files


def names(files: dict[str, AbstractFile], answer: Answer) -> set[str]:
    assert answer.status == 200, answer
    found = [row["id"] for row in answer.body["results"]]
    assert len(found) == len(set(found))
    by_id = {str(file.public_id): name for name, file in files.items()}
    return {by_id[id] for id in found}


MINE, ALL = {"mine"}, {"mine", "admin's", "nobody's", "elsewhere", "left behind"}
OURS = {"mine", "admin's", "nobody's"}


@pytest.mark.parametrize(
    ("policy", "who", "expected"),
    [
        ("OpenPolicy", "member", MINE),
        ("OrganizationPolicy", "admin", OURS),
        ("OrganizationPolicy", "operator", ALL),
        ("OwnerPolicy", "admin", {"admin's"}),
        ("OwnerPolicy", "operator", set()),
    ],
)
def test_trash__has_what_one_may_take_out_of_it(
    trash: dict[str, AbstractFile],
    settings: Any,
    user: Any,
    admin: Any,
    stranger: Any,
    policy: str,
    who: str,
    expected: set[str],
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    people = {"member": user, "admin": admin, "stranger": stranger}
    asker = caller(people.get(who) or make_user("operator", is_staff=True))

    listed = asker.get("files/", trashed="true")

    assert names(trash, listed) == expected
    restorable = set()
    for name, file in trash.items():
        if asker.post(f"files/{file.public_id}/restore/").status == 200:
            restorable.add(name)
    # An operator's own list is theirs, but they manage all.
    assert restorable == (ALL if who == "operator" else expected)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"search": "50%"}, {"mine"}),
        ({"min_size": "2"}, {"admin's", "nobody's"}),
        ({"is_public": "true"}, {"admin's"}),
        ({"cursor": "", "page_size": "200"}, OURS),
        ({"trashed": "TRUE"}, OURS),
    ],
)
def test_filters__hold_in_the_trash_too(
    trash: dict[str, AbstractFile], admin: Any, filters: dict[str, str], expected: set[str]
) -> None:
    asker = caller(admin)

    assert names(trash, asker.get("files/", **{"trashed": "true", **filters})) == expected


def test_owner_and_organization__are_filters_of_the_trash_too(
    trash: dict[str, AbstractFile], user: Any, admin: Any, organization: AbstractOrganization
) -> None:
    asker = caller(admin)
    other = make_organization()
    join(other, admin, Role.ADMIN)

    def found(**filters: Any) -> set[str]:
        values = {name: str(value) for name, value in filters.items()}
        return names(trash, asker.get("files/", trashed="true", **values))

    assert found(owner=user.pk) == MINE
    assert found(organization=organization.pk) == OURS
    assert found(organization=other.pk) == set()


def test_operator_under_the_policy_of_owners__asks_for_the_trash_of_one(
    trash: dict[str, AbstractFile], user: Any, operator: Any, settings: Any
) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": "org_files.access.OwnerPolicy"}}
    asker = caller(operator)

    listed = asker.get("files/", trashed="true", owner=str(user.pk))

    assert names(trash, listed) == {"mine", "left behind"}
