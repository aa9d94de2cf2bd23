"""The page of files: the trash, and removal for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.db.models.signals import pre_delete
from django.test import Client
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.admin import files as pages
from org_files.exceptions import Conflict
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
    PendingDownload,
    Tombstone,
)
from org_files.signals import file_changed, file_deleted, file_restored, file_trashed
from org_files.storage import original_storage
from org_files.testing.factories import make_file, make_stored_file, make_user
from tests.admin.conftest import staff
from tests.admin.pages import delete, delete_selected, messages_of, text_of, url

HOUR = timedelta(hours=1)


@pytest.fixture
def file(acme: AbstractOrganization) -> AbstractFile:
    """A file of Acme, with its bytes."""
    return make_stored_file(acme, make_user("owner"))


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What the signals of the package say, in order."""
    told: list[str] = []
    signals = {
        "changed": file_changed,
        "trashed": file_trashed,
        "restored": file_restored,
        "deleted": file_deleted,
    }
    for name, signal in signals.items():

        def hear(file: AbstractFile, name: str = name, **kwargs: Any) -> None:
            told.append(f"{name} {file.name}")

        signal.connect(hear, sender=get_file_model(), weak=False, dispatch_uid=name)
    yield told
    for name, signal in signals.items():
        assert signal.disconnect(sender=get_file_model(), dispatch_uid=name)


@pytest.fixture
def kept() -> Iterator[list[str]]:
    """Names of files that rows of the site stand against, as a database with such a key says it."""
    names: list[str] = []

    def refuse(instance: AbstractFile, **kwargs: Any) -> None:
        if instance.name in names:
            raise IntegrityError("A row of the site refers to it.")

    pre_delete.connect(refuse, sender=get_file_model(), weak=False)
    yield names
    assert pre_delete.disconnect(refuse, sender=get_file_model())


def act(browser: Client, action: str, *files: AbstractFile, query: str = "") -> Any:
    """Choose files of the list and do something with them."""
    data = {"action": action, ACTION_CHECKBOX_NAME: [file.pk for file in files]}
    return browser.post(url(get_file_model(), "changelist") + query, data)


def listed(browser: Client, query: str = "") -> dict[str, str]:
    """Return the names in the list, and the state of each as the page shows it."""
    response = browser.get(url(get_file_model(), "changelist") + query)
    rows = response.context["cl"].result_list
    for row in rows:
        state = response.context["cl"].model_admin.state(row)
        assert f'<td class="field-state">{state or "-"}</td>' in text_of(response)
    return {row.name: response.context["cl"].model_admin.state(row) for row in rows}


def trashed() -> set[str]:
    files = get_file_model()._base_manager.exclude(deleted_at=None)
    return {file.name for file in files}


# Removal for good


def test_deleted_file__is_gone_with_its_bytes_and_leaves_a_tombstone(
    browser: Client,
    file: AbstractFile,
    heard: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    counters.record_download(file=file)

    with django_capture_on_commit_callbacks(execute=True):
        assert delete(browser, file).status_code == 302

    assert not get_file_model()._base_manager.exists()
    assert not original_storage().exists(file.content.name)
    assert [row.name for row in Tombstone.objects.all()] == [file.name]
    assert heard == [f"deleted {file.name}"]
    assert counters.verify().findings == []


def test_deleted_files__are_gone_from_the_trash_and_from_anywhere(
    browser: Client, acme: AbstractOrganization, django_capture_on_commit_callbacks: Any
) -> None:
    now = timezone.now()
    files = [
        make_stored_file(acme, name="live.txt"),
        make_stored_file(acme, name="trashed.txt", deleted_at=now),
        make_stored_file(acme, name="expired.txt", expires_at=now - HOUR),
    ]
    other = make_stored_file(acme, name="other.txt")

    with django_capture_on_commit_callbacks(execute=True):
        assert delete_selected(browser, *files).status_code == 302

    assert [file.name for file in get_file_model()._base_manager.all()] == ["other.txt"]
    assert Tombstone.objects.count() == LogEntry.objects.count() == 3
    assert not any(original_storage().exists(file.content.name) for file in files)
    assert original_storage().exists(other.content.name)


@pytest.mark.parametrize("selected", [False, True])
def test_file_that_the_site_keeps__stays_with_all_that_were_selected_and_the_page_says_so(
    browser: Client, file: AbstractFile, kept: list[str], selected: bool
) -> None:
    other = make_stored_file(name="other.txt")
    kept.append(file.name)

    response = delete_selected(browser, other, file) if selected else delete(browser, file)

    assert (response.status_code, messages_of(response)) == (302, [str(Conflict().message)])
    assert get_file_model()._base_manager.count() == 2
    assert not Tombstone.objects.exists()
    assert not LogEntry.objects.exists()
    assert original_storage().exists(file.content.name)
    assert original_storage().exists(other.content.name)


def test_file_that_is_gone_by_the_time_it_is_deleted__is_a_message(
    browser: Client, file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    purge_file = pages.purge_file

    def purge_twice(*, file: AbstractFile) -> None:
        purge_file(file=file)
        purge_file(file=file)

    monkeypatch.setattr(pages, "purge_file", purge_twice)

    response = delete(browser, file)

    assert (response.status_code, messages_of(response)) == (302, [str(Conflict().message)])


def test_file_restored_by_the_time_it_is_deleted_from_the_list_of_the_trash__stays(
    browser: Client, file: AbstractFile
) -> None:
    response = browser.post(
        url(get_file_model(), "changelist") + "?state=trashed",
        {"action": "delete_selected", ACTION_CHECKBOX_NAME: [file.pk], "post": "yes"},
    )

    assert response.status_code == 302
    assert get_file_model()._base_manager.filter(pk=file.pk).exists()


# The trash


def test_actions__move_to_the_trash_and_back(
    browser: Client,
    acme: AbstractOrganization,
    heard: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    files = [make_file(acme, name=name) for name in ("a.pdf", "b.pdf")]
    make_file(acme, name="other.pdf")

    with django_capture_on_commit_callbacks(execute=True):
        moved = act(browser, "move_to_trash", *files)
        assert trashed() == {"a.pdf", "b.pdf"}
        restored = act(browser, "restore", *files)

    assert messages_of(moved) == ["2 files were moved to the trash."]
    assert messages_of(restored)[-1] == "2 files were restored."
    assert trashed() == set()
    assert heard == ["trashed a.pdf", "trashed b.pdf", "restored a.pdf", "restored b.pdf"]


def test_actions__leave_alone_what_is_there_already(
    browser: Client, acme: AbstractOrganization
) -> None:
    now = timezone.now()
    live = make_file(acme, name="live.pdf")
    old = make_file(acme, name="old.pdf", deleted_at=now - HOUR)
    expired = make_file(acme, name="expired.pdf", expires_at=now - HOUR)

    response = act(browser, "move_to_trash", live, old, expired)
    assert messages_of(response) == ["1 file was moved to the trash."]
    old.refresh_from_db()
    assert (old.deleted_at, trashed()) == (now - HOUR, {"live.pdf", "old.pdf"})

    response = act(browser, "restore", old, expired)
    assert messages_of(response)[-1] == "1 file was restored."
    assert trashed() == {"live.pdf"}


def test_action_in_a_filtered_list_with_a_search__is_for_what_it_shows(
    browser: Client, acme: AbstractOrganization
) -> None:
    for name in ("report a.pdf", "report b.pdf", "minutes.pdf"):
        make_file(acme, name=name, deleted_at=timezone.now())

    first = get_file_model()._base_manager.get(name="minutes.pdf")
    response = browser.post(
        url(get_file_model(), "changelist") + "?state=trashed&q=report&o=-1",
        {"action": "restore", ACTION_CHECKBOX_NAME: [first.pk], "select_across": "1"},
    )

    assert messages_of(response) == ["2 files were restored."]
    assert trashed() == {"minutes.pdf"}


@pytest.mark.parametrize(
    ("permissions", "actions"),
    [
        (["view_file"], set()),
        (["view_file", "change_file"], {"move_to_trash", "restore"}),
        (["view_file", "delete_file"], {"delete_selected"}),
    ],
)
def test_actions__are_for_those_with_the_permission(
    file: AbstractFile, permissions: list[str], actions: set[str]
) -> None:
    browser = staff(*permissions)

    for action in ("move_to_trash", "restore", "delete_selected"):
        page = text_of(browser.get(url(get_file_model(), "changelist")))
        assert (f'value="{action}"' in page) is (action in actions)
        act(browser, action, file)
        assert (file.name in trashed()) is (action == "move_to_trash" and action in actions)


# The list


def test_list__marks_what_nobody_sees_any_more(browser: Client, acme: AbstractOrganization) -> None:
    past, future = timezone.now() - HOUR, timezone.now() + HOUR
    for name, fields in {
        "live": {"expires_at": future},
        "trashed": {"deleted_at": past},
        "expired": {"expires_at": past},
        "both": {"expires_at": past, "deleted_at": past},
    }.items():
        make_file(acme, name=name, **fields)

    assert listed(browser) == {
        "live": "",
        "trashed": "In the trash",
        "expired": "Expired",
        "both": "In the trash, Expired",
    }
    assert listed(browser, "?state=live").keys() == {"live"}
    assert listed(browser, "?state=trashed").keys() == {"trashed", "both"}
    assert listed(browser, "?state=expired").keys() == {"expired", "both"}


def test_list__shows_when_a_file_was_moved_to_the_trash(
    browser: Client, acme: AbstractOrganization
) -> None:
    make_file(acme, deleted_at=datetime(2011, 3, 4, 12, tzinfo=UTC))

    page = text_of(browser.get(url(get_file_model(), "changelist")))

    assert "March 4, 2011" in page


# Changes


def test_saved_form__changes_what_was_filled_in_and_tells_so(
    browser: Client,
    file: AbstractFile,
    heard: list[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    form = {"name": "minutes.csv", "comment": "", "resource": "", "resource_id": ""}

    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(url(file), form).status_code == 302
        assert browser.post(url(file), form).status_code == 302

    file.refresh_from_db()
    assert (file.name, file.content_type) == ("minutes.csv", "text/csv")
    assert heard == ["changed minutes.csv"]


def test_expired_file__comes_back_by_another_moment(
    browser: Client, acme: AbstractOrganization
) -> None:
    file = make_file(acme, expires_at=timezone.now() - HOUR)
    assert listed(browser) == {file.name: "Expired"}

    form = {"name": file.name, "expires_at_0": "2999-01-31", "expires_at_1": "12:00:00"}
    assert browser.post(url(file), form).status_code == 302

    assert listed(browser, "?state=live") == {file.name: ""}


def test_file_in_the_trash__is_changed_and_restored_though_it_has_expired(
    browser: Client, acme: AbstractOrganization
) -> None:
    past = timezone.now() - HOUR
    file = make_file(acme, expires_at=past, deleted_at=past)

    assert browser.post(url(file), {"name": "minutes.csv"}).status_code == 302
    assert messages_of(act(browser, "restore", file))[-1] == "1 file was restored."

    assert listed(browser, "?state=live") == {"minutes.csv": ""}


@pytest.mark.parametrize("field", ["resource", "resource_id"])
@pytest.mark.parametrize("value", ["a/b", ".", ".."])
def test_thing_that_no_path_can_name__is_an_error_of_its_field(
    browser: Client, file: AbstractFile, field: str, value: str
) -> None:
    response = browser.post(url(file), {"name": "minutes.csv", field: value})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    file.refresh_from_db()
    assert (file.name, getattr(file, field)) == ("report.txt", "")


def test_thing_of_an_older_row__does_not_stand_against_other_changes(
    browser: Client, acme: AbstractOrganization
) -> None:
    file = make_file(acme, resource="a/b", resource_id="..")
    form = {"name": "minutes.csv", "resource": "a/b", "resource_id": ".."}

    assert browser.post(url(file), form).status_code == 302

    file.refresh_from_db()
    assert (file.name, file.resource) == ("minutes.csv", "a/b")


def test_name_of_a_type_that_is_not_taken__is_a_message(
    browser: Client, file: AbstractFile, settings: Any
) -> None:
    settings.ORG_FILES = {"ALLOWED_TYPES": ["text/plain"]}

    response = browser.post(url(file), {"name": "minutes.csv"})

    assert response.status_code == 302
    assert len(messages_of(response)) == 1
    file.refresh_from_db()
    assert file.name == "report.txt"


def test_tombstones__are_there_to_be_read(
    browser: Client, file: AbstractFile, django_capture_on_commit_callbacks: Any
) -> None:
    delete(browser, file)
    tombstone = Tombstone.objects.get()

    found = browser.get(url(Tombstone, "changelist"), {"q": "report"})
    page = browser.get(url(tombstone))

    assert [row.name for row in found.context["cl"].result_list] == ["report.txt"]
    assert str(file.public_id) in text_of(page)
    assert delete(browser, tombstone).status_code == 403
    assert browser.post(url(tombstone), {"name": "New"}).status_code == 403


def test_ledger__names_the_file_that_was_downloaded_not_one_with_its_key(
    browser: Client, file: AbstractFile, django_capture_on_commit_callbacks: Any
) -> None:
    counters.record_download(file=file)
    download, key = Download.objects.get(), file.pk
    file.delete()
    make_file(name="other.txt", pk=key)

    for model in (Download, PendingDownload):
        for address in (url(model, "changelist"), url(model.objects.get(pk=download.pk))):
            page = text_of(browser.get(address))
            assert "other.txt" not in page
            assert ("report.txt" if model is Download else str(file.public_id)) in page
