"""org_files_move_storage: bytes under the same keys in another storage, which rows then name."""

import io
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.core.management.base import CommandError

from org_files import get_file_model
from org_files.db.reports import RepairRefused
from org_files.files import purge_file
from org_files.files.moving import Move
from org_files.management.progress import Progress
from org_files.testing.factories import make_stored_file
from tests.files.storages import blobs

MOVE = ("org_files_move_storage", "--to", "new")


@pytest.fixture
def files(db):
    return [make_stored_file(content=f"content {number}".encode()) for number in range(3)]


@pytest.fixture(autouse=True)
def new(settings, tmp_path):
    """Another storage of the site."""
    options = {"location": tmp_path}
    backend = "django.core.files.storage.FileSystemStorage"
    entry = {"BACKEND": backend, "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"new": entry}
    return storages["new"]


@pytest.fixture
def old():
    return storages["org_files"]


def keys_of(files):
    return {file.content.name for file in files}


def aliases():
    return set(get_file_model()._base_manager.values_list("storage_alias", flat=True))


def test_files__are_moved_while_the_settings_stay(run, files, old, new):
    # One was stored before rows had the column.
    get_file_model()._base_manager.filter(pk=files[0].pk).update(storage_alias="")
    status, written = run(*MOVE, "--dry-run")
    assert (status, written.split()[0], blobs(new), aliases()) == (0, "3", set(), {"", "org_files"})

    assert run(*MOVE)[0] == 0
    assert blobs(new) == blobs(old) == keys_of(files)
    assert aliases() == {"new"}

    late = make_stored_file(content=b"stored since")
    status, written = run(*MOVE, "--delete", "--grace", "0")
    assert status == 0
    assert "1 copied and compared (12 bytes), 0 were there, 4 removed" in written
    assert (blobs(new), blobs(old)) == (keys_of([*files, late]), set())
    assert Path(new.path(files[1].content.name)).read_bytes() == b"content 1"

    assert run("org_files_move_storage", "--to", "org_files", "--delete", "--grace=0")[0] == 0
    assert (blobs(new), blobs(old)) == (set(), keys_of([*files, late]))
    assert aliases() == {"org_files"}


def test_old_bytes__are_removed_a_minute_after_the_last_move(run, files, old, monkeypatch):
    slept = []
    monkeypatch.setattr(
        "time.sleep", lambda seconds: slept.append((seconds, blobs(old) == keys_of(files)))
    )
    assert run(*MOVE, "--delete")[0] == 0
    assert (slept, blobs(old)) == ([(60, True)], set())


def test_rows_without_an_alias__follow_settings_that_were_switched_first(
    run, files, old, new, settings
):
    get_file_model()._base_manager.update(storage_alias="")
    settings.ORG_FILES = {"STORAGE": "new", "RENDITION_STORAGE": "new"}
    assert run(*MOVE, "--from", "org_files", "--delete", "--grace", "0")[0] == 0
    assert (blobs(new), blobs(old), aliases()) == (keys_of(files), set(), {"new"})


def test_row_saved_by_old_code__keeps_the_new_storage(run, files):
    assert run(*MOVE)[0] == 0
    stale = files[0]
    assert stale.storage_alias == "org_files"
    stale.comment = "changed meanwhile"
    stale.save()
    assert aliases() == {"new"}


def test_run_that_was_killed__is_continued(run, files, old, new, monkeypatch):
    def killed(*args):
        save(*args)
        raise KeyboardInterrupt

    save = FileSystemStorage._save
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", killed)
        with pytest.raises(KeyboardInterrupt):
            run(*MOVE)
    # As if the power had failed in the middle of a file.
    partial = Path(new.path(files[2].content.name))
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(b"cont")
    assert run(*MOVE)[0] == 0
    assert blobs(new) == keys_of(files)
    assert partial.read_bytes() == b"content 2"
    assert aliases() == {"new"}


def test_damaged_and_missing_bytes__are_named_and_stay(run, files, old, new):
    damaged, missing = (file.content.name for file in files[:2])
    Path(old.path(damaged)).write_bytes(b"another")
    Path(old.path(missing)).unlink()
    changed = files[2].content.name
    Path(old.path(changed)).write_bytes(b"Content 2")
    status, written = run(*MOVE)
    assert status == 1
    for key in (damaged, missing, changed):
        assert f"{key}: missing or damaged, not moved" in written
    assert blobs(new) == set()
    assert blobs(old) == {damaged, changed}


def test_copy_that_was_changed__keeps_the_bytes_in_the_old_storage(run, files, old, new):
    assert run(*MOVE)[0] == 0
    changed = files[0].content.name
    Path(new.path(changed)).write_bytes(b"Content 0")
    assert run(*MOVE, "--delete", "--grace", "0")[0] == 1
    assert blobs(old) == {changed}


def test_file_removed_during_its_copy__leaves_nothing(run, files, new, monkeypatch):
    def removed(self, name, content):
        type(files[0])._base_manager.filter(content=name)._raw_delete("default")
        return save(self, name, content)

    save = FileSystemStorage._save
    monkeypatch.setattr(FileSystemStorage, "_save", removed)
    assert run(*MOVE)[0] == 0
    assert blobs(new) == set()


def test_old_bytes_that_another_database_may_name__stay(run, old, new, settings, db):
    settings.ORG_FILES = {"STORE_OWNER": "production"}
    file = make_stored_file()
    # As in a copied database.
    settings.ORG_FILES = {"STORE_OWNER": "staging"}
    with pytest.raises(CommandError, match='belongs to "production"'):
        run(*MOVE, "--delete", "--grace=0")
    assert (blobs(new), aliases()) == (set(), {"org_files"})
    status, written = run(*MOVE)
    assert (status, 'belongs to "production"' in written) == (0, True)
    with pytest.raises(RepairRefused):
        Move(["org_files"], "new").delete()
    assert blobs(old) == blobs(new) == keys_of([file])


class OtherClass(FileSystemStorage):
    """Files in a folder, of another class than Django's."""


def test_storage_that_is_the_old_one__is_refused(run, files, old, settings):
    entry = {"BACKEND": f"{__name__}.OtherClass", "OPTIONS": {"location": old.location}}
    settings.STORAGES = settings.STORAGES | {"same": entry}
    # A copy of it would take the place of the only bytes.
    Path(old.path(files[0].content.name)).write_bytes(b"Content 0")
    with pytest.raises(CommandError, match="where the old storage does"):
        run("org_files_move_storage", "--to=same")
    get_file_model()._base_manager.update(storage_alias="same")
    with pytest.raises(RepairRefused):
        Move(["org_files"], "same").delete()
    assert blobs(old) == keys_of(files)


def test_file_removed_after_its_copy__leaves_old_bytes_that_are_reported(run, files, old):
    assert run(*MOVE)[0] == 0
    purge_file(file=files[0])
    status, written = run(*MOVE, "--delete", "--grace=0")
    assert (status, "1 without a row stay in the old storage" in written) == (0, True)
    assert blobs(old) == {files[0].content.name}


@pytest.mark.parametrize("options", [["--to=nowhere"], ["--to=new", "--from=new"]])
def test_alias_that_is_no_other_storage__is_refused(run, db, options):
    with pytest.raises(CommandError):
        run("org_files_move_storage", *options)


def test_progress__is_for_terminals(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, expected in ((io.StringIO(), ""), (Terminal(), "\rMoved: 2 of 4 (50 %)")):
        progress = Progress(stream, "Moved", 4)
        progress.add(2)
        assert stream.getvalue() == expected
