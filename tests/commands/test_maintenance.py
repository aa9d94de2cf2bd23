"""``org_files_maintenance``."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from org_files.files import removal
from org_files.maintenance import JOBS
from org_files.models import PendingDownload, RangeGrant, Tombstone, Usage
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from tests.files.rows import rows
from tests.files.storages import blobs

pytestmark = pytest.mark.django_db

COMMAND = "org_files_maintenance"


def folded(file):
    return rows().get(pk=file.pk).folded_download_count


def test_fold__folds_pending_downloads_once_and_forgets_old_marks(file, run):
    now = timezone.now()
    RangeGrant.objects.create(requester_key="old", began_at=now - timedelta(minutes=61))
    RangeGrant.objects.create(requester_key="new", began_at=now)

    said = "fold: 3 so far\nfold: 3 downloads, 1 range grants\n"
    assert run(COMMAND, "fold", verbosity=2) == (0, said)
    assert folded(file) == 3
    assert not PendingDownload.objects.exists()
    assert RangeGrant.objects.get().requester_key == "new"

    assert run(COMMAND, "fold") == (0, "fold: 0 downloads, 0 range grants\n")
    assert folded(file) == 3


def test_dry_run_of_all_jobs__counts_by_the_same_names_as_a_run(file, run):
    old = timezone.now() - timedelta(minutes=61)
    RangeGrant.objects.create(requester_key="old", began_at=old)

    would = json.loads(run(COMMAND, "--dry-run", "--json", verbosity=3)[1])
    assert RangeGrant.objects.exists()
    assert folded(file) == 0
    did = json.loads(run(COMMAND, "--json", verbosity=3)[1])

    assert would.keys() == did.keys() == JOBS.keys()
    for job in JOBS:
        assert would[job].keys() == did[job].keys()
    assert would["fold"] == did["fold"] == {"downloads": 3, "range_grants": 1}


def test_downloads_without_a_total__are_counted_apart(file, run):
    rows(pk=file.pk)._raw_delete(connection.alias)

    for arguments in (["--dry-run"], []):
        counted = json.loads(run(COMMAND, "fold", "--json", *arguments)[1])

        assert counted == {"fold": {"downloads": 0, "range_grants": 0, "left_pending": 3}}


@pytest.mark.parametrize("as_json", [False, True])
def test_job_that_fails__does_not_stop_the_others(file, run, capsys, monkeypatch, as_json):
    def fail(**options):
        raise TimeoutError("https://store:hunter2@example.com/ is away")

    monkeypatch.setattr("org_files.maintenance.purge_files", fail)
    error = "TimeoutError: https://store:***@example.com/ is away"

    status, written = run(COMMAND, "expire", "fold", *(["--json"] if as_json else []))

    assert (status, folded(file)) == (1, 3)
    if as_json:
        counted = {"downloads": 3, "range_grants": 0}
        assert json.loads(written) == {"expire": {"error": error}, "fold": counted}
    else:
        lines = [f"expire: error: {error}", "fold: 3 downloads, 0 range grants"]
        assert written.splitlines() == lines
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert error in told
    assert "hunter2" not in told


def test_unknown_job__is_refused_before_any_is_run(file, run):
    with pytest.raises(CommandError, match=r"No such job: tidy.*fold"):
        run(COMMAND, "fold", "tidy")

    assert folded(file) == 0


# The jobs "expire" and "purge".


@pytest.fixture
def files(organization):
    """Files of five bytes, at every time of their life."""
    now = timezone.now()
    moments = {
        "live": {},
        "expiring": {"expires_at": now + timedelta(minutes=1)},
        "expired": {"expires_at": now - timedelta(seconds=1)},
        "expired in the trash": {"expires_at": now - timedelta(days=1), "deleted_at": now},
        "trashed": {"deleted_at": now},
        "trashed for 29 days": {"deleted_at": now - timedelta(days=29, hours=23, minutes=59)},
        "trashed for 30 days": {"deleted_at": now - timedelta(days=30)},
        "trashed for a year": {"deleted_at": now - timedelta(days=365)},
    }
    return {
        name: make_stored_file(organization, name=name, content=b"12345", **values)
        for name, values in moments.items()
    }


def gone(files):
    """Return the names of removed files, on which rows, bytes, usage and tombstones agree."""
    left = set(rows().values_list("name", flat=True))
    assert blobs(original_storage()) == {files[name].content.name for name in left}
    assert Usage.objects.get().bytes_stored == 5 * len(left)
    removed = files.keys() - left
    assert set(Tombstone.objects.values_list("name", flat=True)) == removed
    return removed


EXPIRED = {"expired", "expired in the trash"}
OLD = {"trashed for 30 days", "trashed for a year"}


@pytest.mark.parametrize(("job", "expected"), [("expire", EXPIRED), ("purge", OLD)])
def test_job__removes_files_and_reports_them(files, run, monkeypatch, job, expected):
    monkeypatch.setattr(removal, "BATCH_SIZE", 1)
    counted = {job: {"files": 2, "bytes": 10, "kept": 0}}
    assert json.loads(run(COMMAND, job, "--dry-run", "--json")[1]) == counted
    assert f"{job}: there would be 2 files, 10 bytes" in run(COMMAND, job, "--dry-run")[1]
    assert gone(files) == set()

    so_far = f"{job}: 1 so far\n{job}: 2 so far\n"
    said = f"{so_far}{job}: 2 files, 10 bytes, 0 kept\n"
    assert run(COMMAND, job, verbosity=2) == (0, said)

    assert gone(files) == expected
    run(COMMAND)
    assert gone(files) == EXPIRED | OLD


@pytest.mark.parametrize(
    ("days", "expected"),
    [(365, {"trashed for a year"}), (29, {*OLD, "trashed for 29 days"}), (None, set())],
)
def test_days_in_the_trash__are_those_of_the_setting(files, run, settings, days, expected):
    settings.ORG_FILES = {"TRASH_DAYS": days}

    for options in (["--dry-run"], []):
        assert f"{len(expected)} files" in run(COMMAND, "purge", *options)[1]

    assert gone(files) == expected
