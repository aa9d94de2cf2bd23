"""Files by what they are linked to: lists, and all of them into the trash."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.models import Membership
from org_files.testing.factories import join, make_file
from tests.organizations.calls import caller

PATH = "resources/product/1/files/"


@pytest.fixture
def files(organization, user, admin, stranger):
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
def people(user, admin, operator):
    return {"member": caller(user), "admin": caller(admin), "operator": caller(operator)}


def names(files, answer):
    assert answer.status == 200, answer
    found = [row["id"] for row in answer.body["results"]]
    assert len(found) == len(set(found))
    return {name for name, file in files.items() if str(file.public_id) in found}


def trashed(files):
    """Return which of them are in the trash, beside the one that was."""
    rows = get_file_model()._base_manager.exclude(deleted_at=None)
    pks = set(rows.values_list("pk", flat=True))
    return {name for name, file in files.items() if file.pk in pks} - {"trashed"}


OURS, THEIRS = {"mine", "admin's", "nobody's"}, {"theirs", "public"}


@pytest.mark.parametrize(
    ("policy", "who", "listed", "removed"),
    [
        ("OpenPolicy", "member", OURS, {"mine"}),
        ("OrganizationPolicy", "operator", OURS | THEIRS, set()),
        ("OwnerPolicy", "operator", set(), set()),
    ],
)
def test_files_of_a_thing__are_those_of_ones_organizations(
    files, people, settings, policy, who, listed, removed
):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    assert names(files, people[who].get(PATH)) == listed
    answer = people[who].delete(PATH)

    assert (answer.status, answer.body) == (200, {"deleted": len(removed)})
    assert trashed(files) == removed
    assert names(files, people[who].get(PATH)) == listed - removed
    assert people[who].delete(PATH).body == {"deleted": 0}


def test_filters__hold_for_the_list_and_for_what_is_removed(files, people):
    asker, gone = people["admin"], set()
    for filters, expected in (
        ({"resource": "avatar"}, set()),
        ({"search": "%"}, {"mine"}),
        ({"is_public": "false"}, {"nobody's"}),
        ({"ordering": "-download_count,name"}, {"admin's"}),
    ):
        assert names(files, asker.get(PATH, **filters)) == expected
        response = asker.client.delete(f"/api/{PATH}", query_params=filters)
        assert (response.status_code, response.json()) == (200, {"deleted": len(expected)})
        gone |= expected
        assert trashed(files) == gone


def test_operator__deletes_in_their_own_organizations_unless_they_say_whose(
    files, people, organization, user
):
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
    assert trashed(files) == OURS | THEIRS


def test_what_is_no_row_of_the_list__is_not_removed(files, people):
    admin = people["admin"]
    assert names(files, people["member"].get(PATH, trashed="true")) == {"trashed"}
    assert people["member"].delete(f"{PATH}?trashed=true").body == {"deleted": 0}
    for query in ("page=1", "page_size=1", "cursor=", "colour=red", "is_public=perhaps"):
        assert admin.delete(f"{PATH}?{query}").status == 400, query
    assert trashed(files) == set()


def test_names_of_things__are_any_text_that_a_column_holds(people, organization, user):
    for resource, resource_id, path in (
        ("\u5831\u544a", "\u00e9 1", "\u5831\u544a/\u00e9%201"),
        ("a%b", "...", "a%25b/..."),
    ):
        make_file(organization, user, resource=resource, resource_id=resource_id)
        assert people["member"].get(f"resources/{path}/files/").body["count"] == 1
        assert people["member"].delete(f"resources/{path}/files/").body == {"deleted": 1}
    for path in ("a%00b/1", "product/1%00", f"{'x' * 101}/1", f"product/{'x' * 8000}"):
        answer = people["operator"].get(f"resources/{path}/files/")
        assert (answer.status, answer.code) == (404, "not_found"), path
