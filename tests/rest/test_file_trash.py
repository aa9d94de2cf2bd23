"""DELETE of a file, the trash, and the way out of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.files import trash_file
from org_files.models import AbstractFile, AbstractOrganization, Tombstone
from org_files.storage import original_storage
from org_files.testing.factories import (
    make_stored_file,
)
from tests.files.storages import blobs
from tests.organizations.calls import Answer, Caller, caller
from tests.rest.requests import MISSING_ID


@pytest.fixture
def mine(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the member's own."""
    return make_stored_file(
        organization, user, name="mine.txt", content=b"mine", resource="project", resource_id="7"
    )


@pytest.fixture
def me(user: Any) -> Caller:
    """The member."""
    return caller(user)


def path_of(file: AbstractFile) -> str:
    return f"files/{file.public_id}/"


def row_of(file: AbstractFile) -> Any:
    return get_file_model()._base_manager.filter(pk=file.pk).first()


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [row["id"] for row in answer.body["results"]]


def test_deleted_file__is_in_the_trash_and_nowhere_else(mine: AbstractFile, me: Caller) -> None:
    path, id = path_of(mine), str(mine.public_id)

    answer = me.delete(path)

    assert (answer.status, answer.content) == (204, b"")
    for method, url in [
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("GET", f"{path}content/"),
        ("HEAD", f"{path}content/"),
        ("GET", f"{path}downloads/"),
    ]:
        again = me.send(method, url)
        missing = me.send(method, url.replace(id, MISSING_ID))
        assert (again.status, again.content) == (404, missing.content), (method, url)
    for url in ("files/", f"organizations/{mine.organization_id}/files/"):
        assert ids(me.get(url)) == []
        assert ids(me.get(url, trashed="false")) == []
        [row] = me.get(url, trashed="true").body["results"]
        assert row["id"] == id
        assert row["deleted_at"] is not None
    assert row_of(mine).deleted_at is not None
    assert blobs(original_storage()) == {mine.content.name}


def test_restored_file__is_as_it_was(mine: AbstractFile, me: Caller) -> None:
    before = me.get(path_of(mine)).body
    me.delete(path_of(mine))

    answer = me.post(f"{path_of(mine)}restore/")

    assert (answer.status, answer.body) == (200, before)
    assert ids(me.get("files/", trashed="true")) == []
    assert ids(me.get("files/")) == [str(mine.public_id)]
    assert me.client.get(f"/api/{path_of(mine)}content/").getvalue() == b"mine"


def test_restore_by_two_in_a_row__is_200_for_both(
    mine: AbstractFile, me: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from org_files.rest.views import files

    trash_file(file=mine)
    restore = files.restore_file

    def restore_twice(*, file: AbstractFile) -> None:
        restore(file=row_of(file))
        restore(file=file)

    monkeypatch.setattr(files, "restore_file", restore_twice)

    answer = me.post(f"{path_of(mine)}restore/")

    assert (answer.status, answer.body["deleted_at"]) == (200, None)


def test_restore_of_what_is_removed_at_the_same_moment__is_404(
    mine: AbstractFile, me: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from org_files.rest.views import files

    trash_file(file=mine)
    restore = files.restore_file

    def remove_first(*, file: AbstractFile) -> None:
        row_of(file).delete()
        restore(file=file)

    monkeypatch.setattr(files, "restore_file", remove_first)

    answer = me.post(f"{path_of(mine)}restore/")

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("trashed", [False, True], ids=["live", "trashed"])
@pytest.mark.parametrize("flag", ["TRUE"])
def test_permanent__removes_row_and_bytes(
    mine: AbstractFile,
    me: Caller,
    trashed: bool,
    flag: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    if trashed:
        me.delete(path_of(mine))

    with django_capture_on_commit_callbacks(execute=True):
        answer = me.delete(f"{path_of(mine)}?permanent={flag}")

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


@pytest.mark.parametrize("flag", ["", "yes", "true\x00", "\uff54rue"])
def test_flag_that_is_neither__is_400_and_removes_nothing(
    mine: AbstractFile, me: Caller, flag: str
) -> None:
    response = me.client.delete(f"/api/{path_of(mine)}", query_params={"permanent": flag})

    assert response.status_code == 400
    assert list(response.json()) == ["permanent"]
    assert row_of(mine).deleted_at is None


@pytest.mark.parametrize(
    ("method", "query", "parameter"),
    [
        ("DELETE", "permanently=true", "permanently"),
        ("DELETE", "page=1", "page"),
        ("DELETE", "permanent=false&permanent=true", "permanent"),
        ("PATCH", "comment=New.", "comment"),
        ("POST", "permanent=true", "permanent"),
    ],
)
def test_parameter_that_there_is_not__is_400_and_changes_nothing(
    mine: AbstractFile, me: Caller, method: str, query: str, parameter: str
) -> None:
    action = "restore/" if method == "POST" else ""
    if action:
        trash_file(file=mine)
    before = row_of(mine).deleted_at

    for id in (mine.public_id, MISSING_ID):
        answer = me.send(method, f"files/{id}/{action}?{query}", {"comment": "New."})
        assert (answer.status, list(answer.body)) == (400, [parameter])

    assert (row_of(mine).deleted_at, row_of(mine).comment) == (before, "")


def test_file_that_the_site_protects__is_409_and_stays(mine: AbstractFile, me: Caller) -> None:
    def refuse(instance: AbstractFile, **kwargs: Any) -> None:
        raise ProtectedError("An invoice refers to it.", {instance})

    pre_delete.connect(refuse, sender=get_file_model())
    try:
        answer = me.delete(f"{path_of(mine)}?permanent=true")
    finally:
        pre_delete.disconnect(refuse, sender=get_file_model())

    assert (answer.status, answer.code) == (409, "conflict")
    assert me.get(path_of(mine)).status == 200


def test_log_of_a_removed_file__still_names_it(mine: AbstractFile, me: Caller) -> None:
    counters.record_download(file=mine, user=me.user)
    me.delete(f"{path_of(mine)}?permanent=true")

    [row] = me.get("downloads/").body["results"]

    assert row["file"] == {"id": str(mine.public_id), "name": "mine.txt"}
    organization = me.get(f"organizations/{mine.organization_id}/").body
    assert (organization["download_count"], organization["file_count"]) == (1, 0)


def test_restore_of_what_expires_at_the_same_moment__is_404(
    mine: AbstractFile, me: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from org_files.rest.views import files

    trash_file(file=mine)
    restore = files.restore_file

    def expire_first(*, file: AbstractFile) -> None:
        get_file_model()._base_manager.update(expires_at=timezone.now())
        restore(file=file)

    monkeypatch.setattr(files, "restore_file", expire_first)

    assert me.post(f"{path_of(mine)}restore/").status == 404
    assert row_of(mine).deleted_at is not None
