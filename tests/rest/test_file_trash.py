"""DELETE of a file, the trash, and the way out of it."""

import pytest
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.files import trash_file
from org_files.models import Role, Tombstone
from org_files.rest.views import files as views
from org_files.storage import original_storage
from org_files.testing.factories import (
    join,
    make_file,
    make_organization,
    make_stored_file,
    make_user,
)
from tests.files.storages import blobs
from tests.organizations.calls import caller
from tests.rest.requests import MISSING_ID


@pytest.fixture
def mine(organization, user):
    """A file of the member's own."""
    return make_stored_file(organization, user, name="mine.txt", content=b"mine")


@pytest.fixture
def me(user):
    """The member."""
    return caller(user)


def path_of(file):
    return f"files/{file.public_id}/"


def row_of(file):
    return get_file_model()._base_manager.filter(pk=file.pk).first()


def ids(answer):
    assert answer.status == 200, answer
    return [row["id"] for row in answer.body["results"]]


def test_deleted_file__is_in_the_trash_and_nowhere_else(mine, me):
    path, id = path_of(mine), str(mine.public_id)

    answer = me.delete(path)

    assert (answer.status, answer.content) == (204, b"")
    for method, url in (("PATCH", path), ("DELETE", path), ("GET", f"{path}content/")):
        again, missing = me.send(method, url), me.send(method, url.replace(id, MISSING_ID))
        assert (again.status, again.content) == (404, missing.content), (method, url)
    for url in ("files/", f"organizations/{mine.organization_id}/files/"):
        assert ids(me.get(url)) == ids(me.get(url, trashed="false")) == []
        [row] = me.get(url, trashed="true").body["results"]
        assert (row["id"], row["deleted_at"] is None) == (id, False)
    assert row_of(mine).deleted_at is not None
    assert blobs(original_storage()) == {mine.content.name}


def test_restored_file__is_as_it_was(mine, me):
    before = me.get(path_of(mine)).body
    me.delete(path_of(mine))

    answer = me.post(f"{path_of(mine)}restore/")

    assert (answer.status, answer.body) == (200, before)
    assert ids(me.get("files/", trashed="true")) == []
    assert ids(me.get("files/")) == [str(mine.public_id)]
    assert me.client.get(f"/api/{path_of(mine)}content/").getvalue() == b"mine"


def expire(file):
    get_file_model()._base_manager.filter(pk=file.pk).update(expires_at=timezone.now())


@pytest.mark.parametrize(
    ("first", "status"),
    [(views.restore_file, 200), (lambda file: file.delete(), 404), (expire, 404)],
    ids=["restored", "removed", "expired"],
)
def test_restore_of_a_file_to_which_something_happens_meanwhile(
    mine, me, monkeypatch, first, status
):
    trash_file(file=mine)
    restore = views.restore_file

    def restore_second(*, file):
        first(file=row_of(file))
        restore(file=file)

    monkeypatch.setattr(views, "restore_file", restore_second)

    answer = me.post(f"{path_of(mine)}restore/")

    assert answer.status == status
    assert answer.body["deleted_at"] is None if status == 200 else answer.code == "not_found"


@pytest.mark.parametrize("trashed", [False, True], ids=["live", "trashed"])
def test_permanent__removes_row_and_bytes(mine, me, trashed, django_capture_on_commit_callbacks):
    if trashed:
        me.delete(path_of(mine))
    counters.record_download(file=mine, user=me.user)

    with django_capture_on_commit_callbacks(execute=True):
        answer = me.delete(f"{path_of(mine)}?permanent=TRUE")

    assert (answer.status, answer.content) == (204, b"")
    assert row_of(mine) is None
    assert blobs(original_storage()) == set()
    assert Tombstone.objects.get().file_public_id == mine.public_id
    for again in (
        me.delete(f"{path_of(mine)}?permanent=true"),
        me.post(f"{path_of(mine)}restore/"),
        me.get(path_of(mine)),
    ):
        assert (again.status, again.code) == (404, "not_found")
    organization = me.get(f"organizations/{mine.organization_id}/").body
    assert (organization["download_count"], organization["file_count"]) == (1, 0)


def test_parameter_that_is_not_taken__is_400_and_changes_nothing(mine, me):
    for method, path, parameter in (
        ("DELETE", "?permanent=", "permanent"),
        ("DELETE", "?permanent=yes", "permanent"),
        ("DELETE", "?page=1", "page"),
        ("PATCH", "?comment=New.", "comment"),
        ("POST", "restore/?permanent=true", "permanent"),
    ):
        for id in (mine.public_id, MISSING_ID):
            answer = me.send(method, f"files/{id}/{path}", {"comment": "New."})
            assert (answer.status, list(answer.body)) == (400, [parameter])

    assert (row_of(mine).deleted_at, row_of(mine).comment) == (None, "")


def test_file_that_the_site_protects__is_409_and_stays(mine, me):
    def refuse(instance, **kwargs):
        raise ProtectedError("An invoice refers to it.", {instance})

    pre_delete.connect(refuse, sender=get_file_model())
    try:
        answer = me.delete(f"{path_of(mine)}?permanent=true")
    finally:
        pre_delete.disconnect(refuse, sender=get_file_model())

    assert (answer.status, answer.code) == (409, "file_in_use")
    assert me.get(path_of(mine)).status == 200


# Lists of the trash


@pytest.fixture
def trash(organization, user, admin):
    """Files in the trash, by whose they are."""
    # The member does not belong to its organization any more.
    former = make_organization("Former")
    files = {
        "mine": make_file(organization, user, name="mine 50%", content=b"1"),
        "admin's": make_file(organization, admin, name="hers", content=b"22", is_public=True),
        "nobody's": make_file(organization, None, name="nobody's", content=b"333"),
        "elsewhere": make_file(make_organization(), None, is_public=True),
        "left behind": make_file(former, user, name="left behind"),
    }
    for file in files.values():
        trash_file(file=file)
    make_file(organization, user, name="live", is_public=True)
    make_file(organization, user, deleted_at=timezone.now(), expires_at=timezone.now())
    return files


def listed(trash, asker, **parameters):
    """Return the names of the files that a list of the trash has."""
    found = ids(asker.get("files/", **{"trashed": "true"} | parameters))
    assert len(found) == len(set(found))
    by_id = {str(file.public_id): name for name, file in trash.items()}
    return {by_id[id] for id in found}


OURS = {"mine", "admin's", "nobody's"}


@pytest.mark.parametrize(
    ("policy", "who", "expected"),
    [
        ("OpenPolicy", "member", {"mine"}),
        ("OrganizationPolicy", "operator", {*OURS, "elsewhere", "left behind"}),
        ("OwnerPolicy", "admin", {"admin's"}),
    ],
)
def test_trash__has_what_one_may_take_out_of_it(
    trash, settings, user, admin, policy, who, expected
):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}
    users = {"member": user, "admin": admin, "operator": make_user("operator", is_staff=True)}
    asker = caller(users[who])

    assert listed(trash, asker) == expected

    if who == "operator":
        assert listed(trash, asker, owner=str(user.pk)) == {"mine", "left behind"}
    restored = {
        name for name, file in trash.items() if asker.post(f"{path_of(file)}restore/").status == 200
    }
    assert restored == expected


def test_filters__hold_in_the_trash_too(trash, user, admin, organization):
    asker, other = caller(admin), make_organization()
    join(other, admin, Role.ADMIN)

    for filters, expected in (
        ({"search": "50%"}, {"mine"}),
        ({"is_public": "true"}, {"admin's"}),
        ({"cursor": "", "trashed": "TRUE"}, OURS),
        ({"organization": str(organization.pk)}, OURS),
        ({"organization": str(other.pk)}, set()),
    ):
        assert listed(trash, asker, **filters) == expected, filters
