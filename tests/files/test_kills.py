"""Processes killed at any moment of what changes the store or the totals.

Nothing that was acknowledged is lost, and ``org_files_verify`` finds and repairs what is left over.
The default run kills uploads and removals after every statement that writes and at each step;
``-m sweep`` every operation after every statement and at random, ``-m load`` 100 times, or KILLS
times.
"""

import json
import os
import random
import time
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from org_files import counters
from org_files.accounts.models import Avatar
from org_files.maintenance import run_job
from org_files.models import Download, PendingDownload, Rendition, Role, Tombstone
from org_files.storage import original_storage
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.accounts.pictures import photo
from tests.files.rows import rows, used
from tests.files.storages import blobs
from tests.victims import FINISHED, KILLED

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = int(os.environ.get("KILLS", "100"))

#: More statements than any operation executes.
MANY = 60

#: Older than any grace period.
OLD = timedelta(days=2)


class Site:
    """An organization with one user, and what was done in it."""

    def __init__(self, uploads):
        self.uploads = uploads
        self.user = make_user()
        self.organization = make_organization()
        join(self.organization, self.user, Role.ADMIN)
        self.downloads = 0
        self.purging = []
        for _ in range(2):
            self.store()

    def store(self, **fields):
        return make_stored_file(self.organization, self.user, **fields)

    def download(self, file, times):
        for _ in range(times):
            counters.record_download(file=file, user=self.user)
        self.downloads += times

    # Of each operation: the arguments of one case, and what holds once it was acknowledged.

    def upload(self):
        name = f"{random.getrandbits(64):x}.bin"
        return {"name": name, "size": 600_000}, rows(name=name).exists

    def delete(self):
        # One that a killed process left whole is purged again.
        file = rows(public_id__in=[file.public_id for file in self.purging]).first()
        if file is None:
            file = self.store()
            self.purging.append(file)
            self.download(file, 1)
            counters.fold()
            self.download(file, 1)
        pk, key = file.pk, file.content.name

        def is_gone():
            return not rows(pk=pk).exists() and key not in blobs(original_storage())

        return {"id": str(file.public_id)}, is_gone

    def run_fold(self):
        for file in rows():
            self.download(file, 3)
        return {}, lambda: not PendingDownload.objects.exists()

    def get_rendition(self):
        file = self.store(name="photo.jpg", content=photo())
        made = Rendition.objects.filter(file=file.pk, height=200)
        return {"id": str(file.public_id)}, made.exists

    def put_avatar(self):
        before = [avatar.key for avatar in Avatar.objects.all()]
        return {}, Avatar.objects.exclude(key__in=before).exists


#: The steps of each operation, which is a deed of ``tests.victims``.
OPERATIONS = {
    "upload": ("received", "written"),
    "delete": ("file_deleted",),
    "run_fold": (),
    "get_rendition": (),
    "put_avatar": (),
}


@pytest.fixture
def site(settings, transactional_db, tmp_path):
    """The site that other processes work on."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return Site(tmp_path)


def kill_everywhere(doomed, site, operation, times):
    """Kill the operation after statements, at each step, and at random; return how often.

    Checks that what was acknowledged was done.
    """
    acknowledged = site.uploads / "acknowledged"

    def run(**moment):
        case, is_done = getattr(site, operation)()
        known = {"user": site.user.pk, "acknowledged": str(acknowledged)}
        known["FILE_UPLOAD_TEMP_DIR"] = str(site.uploads)
        end = doomed.run(operation, **known, **case, **moment)
        if acknowledged.exists():
            assert is_done(), f"{operation} was acknowledged and is not done ({moment})"
            acknowledged.unlink()
        else:
            assert end == KILLED
        return end

    ends = []
    while FINISHED not in ends:
        assert len(ends) < MANY
        ends.append(run(statement=len(ends) + 1, writes=not times))
    ends += [run(step=step) for step in OPERATIONS[operation]]
    seconds = 0.0
    for _ in range(3 if times else 0):
        run()
        seconds = max(seconds, doomed.seconds)
    killed = 0
    while killed < times:
        killed += run(after=random.uniform(0, seconds)) == KILLED
    return ends.count(KILLED) + killed


def wait_for_the_database():
    """Wait until the server has noticed that its clients are dead, and ended their transactions."""
    sessions = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        "mysql": "SELECT count(*) FROM information_schema.processlist "
        "WHERE db = DATABASE() AND id <> CONNECTION_ID()",
    }.get(connection.vendor)
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while sessions:
            cursor.execute(sessions)
            if cursor.fetchone()[0] == 0:
                return
            assert time.monotonic() < deadline, "Sessions of dead clients do not end."
            time.sleep(0.05)


def named_keys():
    """Return the keys that rows name, after a look at whether each has its very bytes."""
    named = [
        *rows().values_list("content", "size", "sha256"),
        *Rendition.objects.values_list("key", "size", "sha256"),
        *Avatar.objects.values_list("key", "size", "sha256"),
    ]
    for key, size, digest in named:
        content = Path(original_storage().path(key)).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (size, digest)
    return {key for key, _, _ in named}


def check_counts(site):
    """Check what the organization uses, and that no download was lost or counted twice."""
    stored = rows().aggregate(bytes=Sum("size", default=0))["bytes"]
    assert used(site.organization) == (stored, rows().count())
    assert Download.objects.count() == site.downloads
    [organization] = counters.with_totals(type(site.organization)._base_manager.all())
    assert organization.download_count == site.downloads
    counters.fold()
    tombstones = Tombstone.objects.all()
    assert sum(row.folded_download_count for row in (*rows(), *tombstones)) == site.downloads
    # A purge is done whole or not at all.
    for file in site.purging:
        is_there = rows(public_id=file.public_id).exists()
        assert tombstones.filter(file_public_id=file.public_id).exists() != is_there


def age_everything(folder):
    """Have each file of a folder lie there for days; return them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    then = time.time() - OLD.total_seconds()
    for path in files:
        os.utime(path, (then, then))
    return files


def verify(*options):
    """Return the exit status of ``org_files_verify`` and what it found."""
    written, status = StringIO(), 0
    try:
        call_command("org_files_verify", "--json", *options, stdout=written)
    except SystemExit as end:
        status = int(end.code or 0)
    reports = json.loads(written.getvalue())
    return status, [finding for report in reports.values() for finding in report["findings"]]


def cases():
    for operation in OPERATIONS:
        # A rendition and an avatar are stored as a file is. Counters have their own test of folds.
        marks = [] if operation in ("upload", "delete") else [pytest.mark.sweep]
        yield pytest.param(operation, 0, marks=marks)
        yield pytest.param(operation, 6, marks=pytest.mark.sweep)
        yield pytest.param(operation, KILLS, marks=pytest.mark.load)


@pytest.mark.parametrize(("operation", "kills"), [*cases()])
def test_killed_operation__loses_nothing_and_leaves_what_verify_finds_and_repairs(
    doomed, site, operation, kills, monkeypatch
):
    total = kill_everywhere(doomed, site, operation, kills)
    wait_for_the_database()

    named = named_keys()
    check_counts(site)
    left = blobs(original_storage()) - named
    temporary = age_everything(site.uploads)
    print(
        f"\n{operation} on {connection.vendor}: {total} kills, {len(named)} blobs with a row, "
        f"{len(left)} without, {len(temporary)} temporary files"
    )
    assert bool(left) == (operation != "run_fold")

    age_everything(Path(original_storage().location))
    status, found = verify()
    assert {(finding["kind"], finding["key"]) for finding in found} == {
        ("orphan", key) for key in left
    }
    assert status == bool(left)

    # So many orphans are removed by their exact number alone.
    allowed = [f"--allow-orphans={len(left)}"] if len(left) > 20 else []
    assert verify("--repair", *allowed)[0] == bool(left)
    assert blobs(original_storage()) == named
    assert verify() == (0, [])
    check_counts(site)

    # The job looks in this folder too, where another program may have left files.
    monkeypatch.setattr("tempfile.tempdir", str(site.uploads))
    assert run_job("uploads")["files"] == len(temporary)
    assert list(site.uploads.iterdir()) == []
    assert named_keys() == named
