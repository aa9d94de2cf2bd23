"""What a file needs to outlive a power failure is on disk before its row is inserted."""

import errno
import os
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection

from org_files import get_file_model
from org_files.exceptions import StorageFull, StorageUnavailable
from org_files.files import threads
from org_files.files.uploads import TemporaryUpload
from org_files.pictures import get_rendition
from org_files.rest.multipart import Form
from org_files.rest.multipart_body import MultipartBody
from org_files.storage import original_storage
from org_files.storage.copying import copy_blob
from org_files.storage.disk import WRITTEN_AFTER, sync_blob
from org_files.testing.factories import make_stored_file
from org_files.uploads.appending import Body, append
from org_files.uploads.ending import complete_upload
from org_files.uploads.services import create_upload, find_upload
from org_files.uploads.taking import taken
from tests.accounts.pictures import photo
from tests.files.rows import rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

ROW = "the row"


@contextmanager
def inserts_in(events):
    """Add the insert of a file to ``events``."""
    table = connection.ops.quote_name(get_file_model()._meta.db_table)

    def look(execute, sql, *args):
        if sql.startswith(f"INSERT INTO {table}"):
            events.append(ROW)
        return execute(sql, *args)

    with connection.execute_wrapper(look):
        yield


def inodes(path, levels):
    """Return the inodes of ``path`` and of so many folders above it."""
    return [each.stat().st_ino for each in (path, *path.parents[:levels])]


def path_of(file):
    return Path(original_storage().path(file.content.name))


def test_bytes_and_their_entries__are_on_disk_before_the_row(organization, syncs):
    with inserts_in(syncs):
        file = make_stored_file(organization)
    assert syncs == [*inodes(path_of(file), 3), ROW]


def test_folders_that_have_not_changed_for_long__are_not_synced(organization, syncs):
    path = path_of(make_stored_file(organization))
    owner_folder, organization_folder, root = path.parents[:3]
    syncs.clear()
    old = path.stat().st_mtime - WRITTEN_AFTER - 1
    os.utime(organization_folder, (old, old))
    path = path_of(make_stored_file(organization))
    assert syncs == [each.stat().st_ino for each in (path, owner_folder, root)]


def test_bytes_of_a_session__are_synced_once(organization, owner, syncs):
    upload = create_upload(organization=organization, owner=owner, name="a", length=6)

    def request(data):
        with taken(find_upload(upload.public_id, owner)) as session:
            append(session, Body([data], len(data)))
        return session.upload

    first = request(b"012")
    partial = Path(original_storage().path(first.key))
    assert syncs == inodes(partial, 2)
    syncs.clear()
    with inserts_in(syncs):
        file = complete_upload(request(b"345"))
    path = path_of(file)
    assert syncs == [path.stat().st_ino, *inodes(path, 3)[1:], ROW]


def test_bytes_beyond_the_offset__are_cut_off_on_disk(organization, owner, syncs):
    upload = create_upload(organization=organization, owner=owner, name="a", length=3)
    with taken(find_upload(upload.public_id, owner)) as session:
        append(session, Body([b"012"], 3))
        with Path(original_storage().path(session.upload.key)).open("ab") as partial:
            partial.write(b"x")
        syncs.clear()
        file = complete_upload(session.upload)
    assert path_of(file).read_bytes() == b"012"
    assert syncs == inodes(path_of(file), 3)


def test_entry_of_a_session_whose_first_request_brought_nothing__is_synced(
    organization, owner, syncs
):
    upload = create_upload(organization=organization, owner=owner, name="a", length=3)
    for data in ([], [b"012"]):
        with taken(find_upload(upload.public_id, owner)) as session:
            append(session, Body(data, 3))
    assert syncs == inodes(Path(original_storage().path(session.upload.key)), 2)


def test_rendition__is_not_synced(organization, syncs):
    file = make_stored_file(organization, name="photo.jpg", content=photo())
    syncs.clear()
    get_rendition(file=file, height=200)
    assert syncs == []


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize(
    ("code", "error"), [(errno.EIO, StorageUnavailable), (errno.ENOSPC, StorageFull)]
)
def test_sync_that_fails__leaves_nothing(organization, monkeypatch, is_folder, code, error):
    def fail(descriptor):
        raise OSError(code, "told to fail")

    monkeypatch.setattr(os, "fsync" if is_folder else "fdatasync", fail)
    with pytest.raises(error) as raised:
        make_stored_file(organization)
    assert type(raised.value) is error


def test_folder_of_a_file_system_that_syncs_none__is_no_error(organization, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.EINVAL, "told to fail")

    monkeypatch.setattr(os, "fsync", refuse)
    assert rows(pk=make_stored_file(organization).pk).exists()


def test_link_of_an_imported_file__is_synced(folder, tmp_path, syncs):
    old = FileSystemStorage(tmp_path / "old")
    name = old.save("a", ContentFile(b"012"))
    assert copy_blob(old, name, 3, original_storage(), "b", link=True) == "b"
    assert syncs == inodes(folder / "b", 1)


def test_missing_file__is_not_taken_for_one_on_the_disk():
    with pytest.raises(FileNotFoundError):
        sync_blob(original_storage(), "missing")


def receive(content):
    """Return the file of a form with ``content``, as a view receives it."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    form = Form(None, ["file"])
    form.receive(MultipartBody(BytesIO(head + content + b"\r\n--x--\r\n"), b"x"))
    return form.files["file"]


@pytest.mark.parametrize("is_beside_store", [True, False])
def test_large_form__is_synced_while_it_arrives_where_the_store_moves_it(
    syncs, monkeypatch, is_beside_store
):
    monkeypatch.setattr(TemporaryUpload, "is_beside_store", is_beside_store)
    monkeypatch.setattr(threads, "SYNC_SIZE", 1024 * 1024)
    with receive(b"x" * 3 * 1024 * 1024) as received:
        assert (os.fstat(received.fileno()).st_ino in syncs) == is_beside_store


def test_folder_of_temporary_files__is_compared_with_that_of_the_store(folder, settings):
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    with TemporaryUpload() as upload:
        assert upload.is_beside_store
    settings.FILE_UPLOAD_TEMP_DIR = "/dev/shm"
    with TemporaryUpload() as upload:
        assert not upload.is_beside_store
