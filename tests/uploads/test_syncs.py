"""Syncs beside writes: what counts is on disk, and errors reach the request."""

from threading import Event, Lock, Timer

import pytest

from org_files.exceptions import StorageFull
from org_files.files.threads import MAX_UNSYNCED, SYNC_SIZE, Syncs
from org_files.models import Upload
from org_files.uploads import appending
from org_files.uploads.appending import Body, append
from org_files.uploads.exceptions import DigestMismatch, InconsistentLength
from org_files.uploads.places import LocalPartialFile
from org_files.uploads.services import create_upload, find_upload
from org_files.uploads.taking import taken

MIB = 1024 * 1024
PATIENCE = 10


class Disk:
    """A disk whose syncs wait until they are let through."""

    def __init__(self):
        self.ready, self.begun, self.lock, self.done = Event(), Event(), Lock(), 0

    def sync(self):
        assert self.lock.acquire(blocking=False), "two syncs at once"
        self.begun.set()
        assert self.ready.wait(PATIENCE)
        self.done += 1
        self.lock.release()


def test_sync__runs_while_the_caller_goes_on():
    disk = Disk()
    with Syncs(disk.sync) as syncs:
        syncs.wrote(SYNC_SIZE - 1)
        assert not syncs.is_busy
        for end in (SYNC_SIZE, 2 * SYNC_SIZE, MAX_UNSYNCED):
            syncs.wrote(end)
        assert disk.begun.wait(PATIENCE)
        assert (disk.done, syncs.synced) == (0, 0)
        disk.ready.set()
        syncs.wait()
        # Of what was written since, nothing is known.
        assert (disk.done, syncs.synced) == (1, SYNC_SIZE)
        syncs.finish(MAX_UNSYNCED)
        syncs.finish(MAX_UNSYNCED)
        assert (disk.done, syncs.synced) == (2, MAX_UNSYNCED)


def test_bytes_that_are_not_on_disk__are_limited():
    disk = Disk()
    with Syncs(disk.sync) as syncs:
        syncs.wrote(SYNC_SIZE)
        syncs.wrote(MAX_UNSYNCED)
        assert disk.done == 0
        Timer(0.1, disk.ready.set).start()
        syncs.wrote(MAX_UNSYNCED + 1)
        assert disk.done >= 1


@pytest.mark.parametrize("call", ["wrote", "finish"])
def test_sync_that_fails__is_an_error_of_the_next_call(call):
    def fail():
        raise StorageFull

    with Syncs(fail) as syncs:
        syncs.wrote(SYNC_SIZE)
        while syncs.is_busy:
            pass
        with pytest.raises(StorageFull):
            getattr(syncs, call)(2 * SYNC_SIZE)
        assert syncs.synced == 0


@pytest.fixture
def request_of(organization, organization_member, monkeypatch):
    """Append blocks to a new session of 8 MiB, in a request that syncs often; return the row."""
    monkeypatch.setattr(appending, "WRITE_SIZE", MIB)
    monkeypatch.setattr("org_files.files.threads.SYNC_SIZE", MIB)
    monkeypatch.setattr(appending, "COMMIT_SIZE", 2 * MIB)
    upload = create_upload(
        organization=organization, owner=organization_member, name="a", length=8 * MIB
    )

    def send(*blocks, **options):
        body = Body(blocks, sum(map(len, blocks)), **options)
        with taken(find_upload(upload.public_id, organization_member)) as session:
            append(session, body)

    send.row = lambda: Upload.objects.get(pk=upload.pk)
    return send


BLOCKS = [b"x" * MIB] * 8


@pytest.mark.django_db(transaction=True)
def test_offset__covers_what_is_on_disk_alone(request_of, monkeypatch):
    on_disk, counted, sync = [0], [], LocalPartialFile.sync

    def look(file):
        size = file._path.stat().st_size
        columns = sync(file)
        on_disk.append(size)
        return columns

    def count(offset):
        assert offset <= on_disk[-1]
        assert request_of.row().offset == offset
        counted.append(offset)

    monkeypatch.setattr(LocalPartialFile, "sync", look)
    request_of(*BLOCKS, on_offset=count)
    assert counted[-1] == on_disk[-1] == 8 * MIB
    assert len(counted) > 1


@pytest.mark.django_db(transaction=True)
def test_sync_that_fails__ends_the_request_with_what_counted_before(request_of, monkeypatch):
    failing, sync = [], LocalPartialFile.sync

    def fail(file):
        if failing:
            raise StorageFull
        return sync(file)

    monkeypatch.setattr(LocalPartialFile, "sync", fail)
    counted = []

    def count(offset):
        counted.append(offset)
        failing.append(True)

    with pytest.raises(StorageFull):
        request_of(*BLOCKS, on_offset=count)
    # A sync that had begun before the first count may be done, and counts too.
    assert request_of.row().offset == counted[-1] < 8 * MIB
    failing.clear()
    request_of(*BLOCKS[: 8 - counted[-1] // MIB])
    assert request_of.row().offset == 8 * MIB


@pytest.mark.django_db(transaction=True)
def test_bytes_that_are_synced__do_not_count_before_their_digest_matched(request_of):
    counted = []
    wrong = {"sha-256": b"0" * 32}
    with pytest.raises(DigestMismatch):
        request_of(*BLOCKS, digests=wrong, on_offset=counted.append)
    assert (counted, request_of.row().offset) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_descriptor__is_closed_once_no_sync_runs(request_of, monkeypatch):
    sync, close, running, closed = LocalPartialFile.sync, LocalPartialFile.close, Lock(), []

    def slow(file):
        with running:
            Event().wait(0.1)
            return sync(file)

    def look(file):
        closed.append(not running.locked())
        close(file)

    monkeypatch.setattr(LocalPartialFile, "sync", slow)
    monkeypatch.setattr(LocalPartialFile, "close", look)
    with pytest.raises(InconsistentLength):
        request_of(*BLOCKS[:2], b"x" * 7 * MIB)
    assert closed == [True]
