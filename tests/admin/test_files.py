"""The page of files: the trash, removal for good, and the ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.db.models.signals import pre_delete
from django.urls import reverse
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.admin import files as pages
from org_files.exceptions import Conflict
from org_files.models import Download, PendingDownload, RangeGrant, Tombstone
from org_files.storage import original_storage
from org_files.testing.factories import make_file, make_stored_file, make_user
from tests.admin.conftest import staff
from tests.admin.pages import act, delete, delete_selected, listed, messages_of, text_of, url

HOUR = timedelta(hours=1)


@pytest.fixture
def file(acme):
    """A file of Acme, with its bytes."""
    return make_stored_file(acme, make_user("owner"))


@pytest.fixture
def kept():
    """Names of files that rows of the site stand against, as a database with such a key says it."""
    names = []

    def refuse(instance, **kwargs):
        if instance.name in names:
            raise IntegrityError("A row of the site refers to it.")

    pre_delete.connect(refuse, sender=get_file_model())
    yield names
    assert pre_delete.disconnect(refuse, sender=get_file_model())


def names_of(files):
    return {file.name for file in files}


def trashed():
    return names_of(get_file_model()._base_manager.exclude(deleted_at=None))


# Removal for good


def test_deleted_file__is_gone_with_its_bytes_and_leaves_a_tombstone(
    browser, file, django_capture_on_commit_callbacks
):
    counters.record_download(file=file)

    with django_capture_on_commit_callbacks(execute=True):
        assert delete(browser, file).status_code == 302

    assert not get_file_model()._base_manager.exists()
    assert not original_storage().exists(file.content.name)
    assert counters.verify().findings == []
    [tombstone] = listed(browser, Tombstone, q="report")
    assert str(file.public_id) in text_of(browser.get(url(tombstone)))
    assert delete(browser, tombstone).status_code == 403
    assert browser.post(url(tombstone), {"name": "New"}).status_code == 403


def test_deleted_files__are_gone_from_the_trash_and_from_anywhere(
    browser, acme, django_capture_on_commit_callbacks
):
    now = timezone.now()
    files = [
        make_stored_file(acme, name="live.txt"),
        make_stored_file(acme, name="trashed.txt", deleted_at=now),
        make_stored_file(acme, name="expired.txt", expires_at=now - HOUR),
    ]
    other = make_stored_file(acme, name="other.txt")

    with django_capture_on_commit_callbacks(execute=True):
        assert delete_selected(browser, *files).status_code == 302

    assert names_of(get_file_model()._base_manager.all()) == {"other.txt"}
    assert Tombstone.objects.count() == LogEntry.objects.count() == 3
    assert not any(original_storage().exists(file.content.name) for file in files)
    assert original_storage().exists(other.content.name)


@pytest.mark.parametrize("selected", [False, True])
def test_file_that_the_site_keeps__stays_with_all_that_were_selected_and_the_page_says_so(
    browser, file, kept, selected
):
    other = make_stored_file(name="other.txt")
    kept.append(file.name)

    response = delete_selected(browser, other, file) if selected else delete(browser, file)

    assert (response.status_code, messages_of(response)) == (302, [str(Conflict().message)])
    assert get_file_model()._base_manager.count() == 2
    assert not Tombstone.objects.exists()
    assert not LogEntry.objects.exists()
    assert original_storage().exists(file.content.name)
    assert original_storage().exists(other.content.name)


def test_file_that_is_gone_by_the_time_it_is_deleted__is_a_message(browser, file, monkeypatch):
    purge_file = pages.purge_file

    def purge_twice(*, file):
        purge_file(file=file)
        purge_file(file=file)

    monkeypatch.setattr(pages, "purge_file", purge_twice)

    response = delete(browser, file)

    assert (response.status_code, messages_of(response)) == (302, [str(Conflict().message)])


def test_file_restored_by_the_time_it_is_deleted_from_the_list_of_the_trash__stays(browser, file):
    assert delete_selected(browser, file, query="?state=trashed").status_code == 302
    assert get_file_model()._base_manager.filter(pk=file.pk).exists()


# The trash


def test_actions__move_to_the_trash_and_back_what_is_not_there_already(browser, acme):
    past = timezone.now() - HOUR
    live = [make_file(acme, name=name) for name in ("a.pdf", "b.pdf")]
    old = make_file(acme, name="old.pdf", deleted_at=past)
    expired = make_file(acme, name="expired.pdf", expires_at=past)
    make_file(acme, name="other.pdf")

    moved = act(browser, "move_to_trash", *live, old, expired)
    old.refresh_from_db()

    assert messages_of(moved) == ["2 files were moved to the trash."]
    assert (old.deleted_at, trashed()) == (past, {"a.pdf", "b.pdf", "old.pdf"})
    restored = act(browser, "restore", *live, expired)
    assert messages_of(restored)[-1] == "2 files were restored."
    assert trashed() == {"old.pdf"}


def test_action_in_a_filtered_list_with_a_search__is_for_what_it_shows(browser, acme):
    for name in ("report a.pdf", "report b.pdf", "minutes.pdf"):
        file = make_file(acme, name=name, deleted_at=timezone.now())

    response = act(browser, "restore", file, query="?state=trashed&q=report&o=-1", select_across=1)

    assert messages_of(response) == ["2 files were restored."]
    assert trashed() == {"minutes.pdf"}


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("view_file", set()),
        ("change_file", {"move_to_trash", "restore"}),
        ("delete_file", {"delete_selected"}),
    ],
)
def test_actions__are_for_those_with_the_permission(file, permission, actions):
    browser = staff("view_file", *{permission} - {"view_file"})

    request = browser.get(url(get_file_model(), "changelist")).wsgi_request
    act(browser, "move_to_trash", file)

    assert admin.site.get_model_admin(get_file_model()).get_actions(request).keys() == actions
    assert trashed() == ({file.name} if "move_to_trash" in actions else set())


def test_list__marks_what_nobody_sees_any_more(browser, acme):
    past, future = datetime(2011, 3, 4, 12, tzinfo=UTC), timezone.now() + HOUR
    for name, fields in {
        "live": {"expires_at": future},
        "trashed": {"deleted_at": past},
        "expired": {"expires_at": past},
        "both": {"expires_at": past, "deleted_at": past},
    }.items():
        make_file(acme, name=name, **fields)

    page = text_of(browser.get(url(get_file_model(), "changelist")))

    for state in ("-", "In the trash", "Expired", "In the trash, Expired"):
        assert page.count(f'<td class="field-state">{state}</td>') == 1
    assert page.count('<td class="field-deleted_at nowrap">March 4, 2011') == 2
    states = {"live": {"live"}, "trashed": {"trashed", "both"}, "expired": {"expired", "both"}}
    for state, names in states.items():
        filtered = pages.StateFilter(None, {"state": [state]}, get_file_model(), None)
        assert names_of(filtered.queryset(None, get_file_model()._base_manager.all())) == names


# Changes


def test_saved_form__changes_what_was_filled_in(browser, file):
    form = {"name": "minutes.csv", "comment": "", "resource": "", "resource_id": ""}

    assert browser.post(url(file), form).status_code == 302

    file.refresh_from_db()
    assert (file.name, file.content_type) == ("minutes.csv", "text/csv")


def test_expired_file_in_the_trash__is_restored_and_comes_back_by_another_moment(browser, acme):
    past = timezone.now() - HOUR
    file = make_file(acme, expires_at=past, deleted_at=past)
    form = {"name": "minutes.csv", "expires_at_0": "2999-01-31", "expires_at_1": "12:00:00"}

    assert browser.post(url(file), form | {"expires_at_0": "1999-01-31"}).status_code == 302
    assert messages_of(act(browser, "restore", file))[-1] == "1 file was restored."
    assert browser.post(url(file), form).status_code == 302

    assert names_of(listed(browser, get_file_model(), state="live")) == {"minutes.csv"}


@pytest.mark.parametrize(
    ("field", "value"), [("name", "reports/"), ("resource", "a/b"), ("resource_id", "..")]
)
def test_text_that_no_path_can_name__is_an_error_of_its_field(browser, file, field, value):
    response = browser.post(url(file), {"name": "minutes.csv", field: value})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    file.refresh_from_db()
    assert (file.name, file.resource, file.resource_id) == ("report.txt", "", "")


def test_thing_of_an_older_row__does_not_stand_against_other_changes(browser, acme):
    file = make_file(acme, resource="a/b", resource_id="..")
    form = {"name": "minutes.csv", "resource": "a/b", "resource_id": ".."}

    assert browser.post(url(file), form).status_code == 302

    file.refresh_from_db()
    assert (file.name, file.resource) == ("minutes.csv", "a/b")


def test_name_of_a_type_that_is_not_taken__is_a_message(browser, file, settings):
    settings.ORG_FILES = {"ALLOWED_TYPES": ["text/plain"]}

    response = browser.post(url(file), {"name": "minutes.csv"})

    assert (response.status_code, len(messages_of(response))) == (302, 1)
    file.refresh_from_db()
    assert file.name == "report.txt"


def test_ledger__names_the_file_that_was_downloaded_not_one_with_its_key(browser, file):
    counters.record_download(file=file)
    download, key = Download.objects.get(), file.pk
    file.delete()
    make_file(name="other.txt", pk=key)

    for model in (Download, PendingDownload):
        for address in (url(model, "changelist"), url(model.objects.get(pk=download.pk))):
            page = text_of(browser.get(address))
            assert "other.txt" not in page
            assert ("report.txt" if model is Download else str(file.public_id)) in page


@pytest.mark.parametrize("debug", [False, True])
def test_internal_tables__are_in_the_index_under_debug_alone(browser, settings, debug):
    settings.DEBUG = debug

    for page in (reverse("admin:index"), reverse("admin:app_list", args=["org_files"])):
        shown = text_of(browser.get(page))
        assert url(Download, "changelist") in shown
        for model in (PendingDownload, RangeGrant, Tombstone):
            assert (url(model, "changelist") in shown) is debug
            assert listed(browser, model) == []
