"""The job ``uploads``: temporary files that killed processes left behind."""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from org_files.files import uploads
from org_files.files.uploads import LEFT_AFTER, TemporaryUpload
from org_files.maintenance import run_job

pytestmark = pytest.mark.django_db

CONTENT = b"an upload that was cut off"

NOTHING = {"sessions": 0, "session_bytes": 0, "files": 0, "bytes": 0}
ONE = NOTHING | {"files": 1, "bytes": len(CONTENT)}


@pytest.fixture
def folder(settings, tmp_path, monkeypatch):
    """The folder of temporary files. No other is looked at."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def age(path, by=LEFT_AFTER):
    then = time.time() - by.total_seconds() - 60
    os.utime(path, (then, then), follow_symlinks=False)


@pytest.fixture
def left(folder):
    """A file that a killed process left behind more than a day ago."""
    path = folder / "tmpabcdefgh.upload.org-files"
    path.write_bytes(CONTENT)
    age(path)
    return path


def test_file_of_a_killed_process__goes_after_a_day(left):
    age(left, by=LEFT_AFTER - timedelta(minutes=5))
    assert run_job("uploads") == NOTHING

    age(left)
    assert run_job("uploads", dry_run=True) == ONE
    assert left.read_bytes() == CONTENT
    assert run_job("uploads") == ONE
    assert not left.exists()


def test_file_in_the_folder_of_python__goes_where_uploads_have_another_now(
    left, settings, tmp_path_factory
):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path_factory.mktemp("uploads"))
    assert run_job("uploads") == ONE

    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path_factory.getbasetemp() / "missing")
    assert run_job("uploads") == NOTHING


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")
def test_file_that_a_process_has_open__stays(left):
    with left.open("rb"):
        assert run_job("uploads") == NOTHING

    assert run_job("uploads") == ONE


def test_file_of_a_receiver_that_cannot_be_seen__stays_until_it_is_gone(
    folder, tmp_path_factory, monkeypatch
):
    # As without /proc, or where the receiver is in another container.
    monkeypatch.setattr(uploads, "PROCESSES", tmp_path_factory.mktemp("proc"))
    with TemporaryUpload() as upload:
        upload.write(CONTENT)
        upload.flush()
        path = Path(upload.temporary_file_path())
        assert path.parent == folder
        age(path)
        assert run_job("uploads") == NOTHING
        # As a process that is killed leaves it.
        kept = folder / "kept"
        os.link(path, kept)
    kept.rename(path)

    assert run_job("uploads") == ONE


def test_file_on_a_file_system_without_locks__stays(left, monkeypatch):
    def fail(*args):
        raise OSError(37, "No locks available")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.files.locks.lock", fail)
        with TemporaryUpload() as upload:  # which can still be received
            assert upload.file is not None
        assert run_job("uploads") == NOTHING

    assert run_job("uploads") == ONE


def test_file_of_another_user__stays_unless_this_is_root(left, monkeypatch):
    if os.geteuid() == 0:
        os.chown(left, 12345, 12345)
        monkeypatch.setattr(os, "geteuid", lambda: 54321)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert run_job("uploads") == NOTHING

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert run_job("uploads") == ONE


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("tmpabcdefgh.upload", Path.touch),
        ("tmpabcdefgh.upload.org-files.txt", Path.touch),
        ("tmpabcdefgh.upload.org-files", lambda path: path.symlink_to("/etc/passwd")),
        ("tmpabcdefgh.upload.org-files", Path.mkdir),
        ("tmpabcdefgh.upload.org-files", os.mkfifo),
    ],
    ids=["other name", "other suffix", "link", "folder", "pipe"],
)
def test_anything_but_a_temporary_upload__stays(folder, name, make):
    make(folder / name)
    age(folder / name)

    assert run_job("uploads") == NOTHING
    assert os.path.lexists(folder / name)
