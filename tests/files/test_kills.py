"""Processes killed at any moment of what changes the store or the totals.

Nothing that was acknowledged is lost, and ``org_files_verify`` finds and repairs what is left over.
The default run kills uploads, removals and folds after every statement that writes and at each
step; ``-m sweep`` every operation after every statement and at random, ``-m load`` 200 times.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from org_files import counters, get_file_model
from org_files.accounts.models import Avatar
from org_files.maintenance import run_job
from org_files.models import (
    AbstractFile,
    Download,
    PendingDownload,
    Rendition,
    Role,
    Tombstone,
    Usage,
)
from org_files.storage import original_storage
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.accounts.pictures import photo
from tests.files.storages import blobs
from tests.victims import FINISHED, KILLED, Victims

pytestmark = pytest.mark.django_db(transaction=True)

#: More statements than any operation executes.
MANY = 60

#: Older than any grace period.
OLD = timedelta(days=2)


class Site:
    """An organization with one user, and what was done in it."""

    def __init__(self, uploads: Path) -> None:
        self.uploads = uploads
        self.user = make_user()
        self.organization = make_organization()
        join(self.organization, self.user, Role.ADMIN)
        self.downloads = 0
        self.purging: list[AbstractFile] = []
        for _ in range(2):
            self.store()

    def store(self, **fields: Any) -> AbstractFile:
        return make_stored_file(self.organization, self.user, **fields)

    def download(self, file: AbstractFile, times: int) -> None:
        for _ in range(times):
            counters.record_download(file=file, user=self.user)
        self.downloads += times


#: The arguments of one case, and what holds once it was acknowledged.
Case = tuple[dict[str, Any], Callable[[], bool]]


class Operation(NamedTuple):
    """Something that a process is killed in the middle of."""

    #: The name of the deed in ``tests.victims``.
    do: str
    #: Makes what one case needs.
    prepare: Callable[[Site], Case]
    steps: tuple[str, ...] = ()
    #: Whether a kill can leave bytes without a row.
    leaves_bytes: bool = True


def prepare_store(site: Site) -> Case:
    name = f"{random.getrandbits(64):x}.bin"
    stored = get_file_model()._base_manager.filter(name=name)
    return {"name": name, "size": 600_000}, stored.exists


def prepare_purge(site: Site) -> Case:
    files = get_file_model()._base_manager.filter(organization=site.organization.pk)
    # One that a killed process left whole is purged again.
    file = files.filter(public_id__in=[file.public_id for file in site.purging]).first()
    if file is None:
        file = site.store()
        site.purging.append(file)
        site.download(file, 1)
        counters.fold()
        site.download(file, 1)
    rows, key = files.filter(pk=file.pk), file.content.name
    case = {"id": str(file.public_id)}
    return case, lambda: not rows.exists() and key not in blobs(original_storage())


def prepare_fold(site: Site) -> Case:
    files = get_file_model()._base_manager.filter(organization=site.organization.pk)
    for file in files.all():
        site.download(file, 3)
    return {}, lambda: not PendingDownload.objects.exists()


def prepare_rendition(site: Site) -> Case:
    file = site.store(name="photo.jpg", content=photo())
    made = Rendition.objects.filter(file=file.pk, height=200)
    return {"id": str(file.public_id)}, made.exists


def prepare_avatar(site: Site) -> Case:
    avatar = Avatar.objects.filter(user=site.user.pk).first()
    before = avatar.key if avatar else ""
    return {}, Avatar.objects.filter(user=site.user.pk).exclude(key=before).exists


OPERATIONS = {
    "store": Operation("upload", prepare_store, steps=("received", "written")),
    "purge": Operation("delete", prepare_purge, steps=("file_deleted",)),
    "fold": Operation("run_fold", prepare_fold, leaves_bytes=False),
    "rendition": Operation("get_rendition", prepare_rendition),
    "avatar": Operation("put_avatar", prepare_avatar),
}


@pytest.fixture
def site(settings: Any, transactional_db: None, tmp_path: Path) -> Site:
    """The site that other processes work on."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return Site(tmp_path)


def run(doomed: Victims, site: Site, operation: Operation, **moment: Any) -> str:
    """Run one case, killed at a moment; check that what it acknowledged was done."""
    case, is_done = operation.prepare(site)
    acknowledged = site.uploads / "acknowledged"
    end = doomed.run(
        operation.do,
        user=site.user.pk,
        acknowledged=str(acknowledged),
        FILE_UPLOAD_TEMP_DIR=str(site.uploads),
        **case,
        **moment,
    )
    if acknowledged.exists():
        assert is_done(), f"{operation.do} was acknowledged and is not done ({moment})"
        acknowledged.unlink()
    else:
        assert end == KILLED
    return end


def kill_everywhere(doomed: Victims, site: Site, operation: Operation, times: int) -> int:
    """Kill the operation after statements, at each step, and at random; return how often."""
    ends: list[str] = []
    while FINISHED not in ends:
        assert len(ends) < MANY
        ends.append(run(doomed, site, operation, statement=len(ends) + 1, writes=not times))
    ends += [run(doomed, site, operation, step=step) for step in operation.steps]
    seconds = 0.0
    for _ in range(3 if times else 0):
        run(doomed, site, operation)
        seconds = max(seconds, doomed.seconds)
    killed = 0
    while killed < times:
        killed += run(doomed, site, operation, after=random.uniform(0, seconds)) == KILLED
    return ends.count(KILLED) + killed


def wait_for_the_database() -> None:
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


def named_keys() -> set[str]:
    """Return the keys that rows name, after a look at whether each has its very bytes."""
    rows = [
        *get_file_model()._base_manager.values_list("content", "size", "sha256"),
        *Rendition.objects.values_list("key", "size", "sha256"),
        *Avatar.objects.values_list("key", "size", "sha256"),
    ]
    for key, size, digest in rows:
        content = Path(original_storage().path(key)).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (size, digest)
    return {key for key, _, _ in rows}


def check_counts(site: Site) -> None:
    """Check what the organization uses, and that no download was lost or counted twice."""
    files = get_file_model()._base_manager.filter(organization=site.organization.pk)
    usage = Usage.objects.get(organization=site.organization.pk)
    stored = files.aggregate(bytes=Sum("size", default=0))["bytes"]
    assert (usage.bytes_stored, usage.file_count) == (stored, files.count())
    assert Download.objects.count() == site.downloads
    [organization] = counters.with_totals(type(site.organization)._base_manager.all())
    assert organization.download_count == site.downloads
    counters.fold()
    folded = [
        rows.aggregate(count=Sum("folded_download_count", default=0))["count"]
        for rows in (files, Tombstone.objects.all())
    ]
    assert sum(folded) == site.downloads
    # A purge is done whole or not at all.
    for file in site.purging:
        there = files.filter(public_id=file.public_id).exists()
        assert Tombstone.objects.filter(file_public_id=file.public_id).exists() != there


def age_everything(folder: Path) -> list[Path]:
    """Have each file of a folder lie there for days; return them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    then = time.time() - OLD.total_seconds()
    for path in files:
        os.utime(path, (then, then))
    return files


def verify(*options: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit status of ``org_files_verify`` and what it found."""
    written = StringIO()
    status = 0
    try:
        call_command("org_files_verify", "--json", *options, stdout=written)
    except SystemExit as end:
        status = int(end.code or 0)
    reports = json.loads(written.getvalue())
    return status, [finding for report in reports.values() for finding in report["findings"]]


def cases() -> Iterator[Any]:
    for name, operation in OPERATIONS.items():
        # A rendition and an avatar are stored as a file is, and take long.
        marks = [pytest.mark.sweep] if operation.do in ("get_rendition", "put_avatar") else []
        yield pytest.param(operation, 0, marks=marks, id=f"{name}-0")
        yield pytest.param(operation, 6, marks=pytest.mark.sweep, id=f"{name}-6")
        yield pytest.param(operation, 200, marks=pytest.mark.load, id=f"{name}-200")


@pytest.mark.parametrize(("operation", "kills"), [*cases()])
def test_killed_operation__loses_nothing_and_leaves_what_verify_finds_and_repairs(
    doomed: Victims,
    site: Site,
    operation: Operation,
    kills: int,
    request: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    total = kill_everywhere(doomed, site, operation, kills)
    wait_for_the_database()

    named = named_keys()
    check_counts(site)
    left = blobs(original_storage()) - named
    temporary = age_everything(site.uploads)
    print(
        f"\n{request.node.callspec.id} on {connection.vendor}: {total} kills, {len(named)} blobs "
        f"with a row, {len(left)} without, {len(temporary)} temporary files"
    )
    assert bool(left) == operation.leaves_bytes

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
