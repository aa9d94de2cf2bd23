"""``org_files_maintenance``."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from org_files import get_file_model
from org_files.maintenance import JOBS
from org_files.models import AbstractFile, PendingDownload, RangeGrant

pytestmark = pytest.mark.django_db

COMMAND = "org_files_maintenance"


def folded(file: AbstractFile) -> int:
    return get_file_model()._base_manager.get(pk=file.pk).folded_download_count


def test_fold__folds_pending_downloads_once(file: AbstractFile, run: Any) -> None:
    assert run(COMMAND, "fold") == (0, "fold: 3 downloads, 0 range grants\n")
    assert folded(file) == 3
    assert not PendingDownload.objects.exists()

    assert "fold: 0 downloads" in run(COMMAND, "fold")[1]
    assert folded(file) == 3


def test_fold__forgets_old_marks_of_partial_downloads(file: AbstractFile, run: Any) -> None:
    now = timezone.now()
    RangeGrant.objects.create(requester_key="old", began_at=now - timedelta(minutes=61))
    RangeGrant.objects.create(requester_key="new", began_at=now)

    _, written = run(COMMAND, "fold")

    assert "1 range grants" in written
    assert RangeGrant.objects.get().requester_key == "new"


def test_progress__is_written_with_verbosity(file: AbstractFile, run: Any) -> None:
    assert "fold: 3 so far" not in run(COMMAND, "fold", verbosity=1)[1]
    PendingDownload.objects.create(
        download_id=10**9,
        file_public_id=file.public_id,
        organization_id=file.organization_id,
        downloaded_at=timezone.now(),
    )

    assert "fold: 1 so far" in run(COMMAND, "fold", verbosity=2)[1]


def test_dry_run_of_all_jobs__counts_by_the_same_names_as_a_run(
    file: AbstractFile, run: Any
) -> None:
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


def test_downloads_without_a_total__are_counted_apart(file: AbstractFile, run: Any) -> None:
    get_file_model()._base_manager.filter(pk=file.pk)._raw_delete(connection.alias)

    for arguments in (["--dry-run"], []):
        counted = json.loads(run(COMMAND, "fold", "--json", *arguments)[1])

        assert counted == {"fold": {"downloads": 0, "range_grants": 0, "left_pending": 3}}


@pytest.fixture
def _broken_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that fails with a secret in its error."""

    def fail(**options: Any) -> None:
        raise TimeoutError("https://store:hunter2@example.com/ is away")

    monkeypatch.setattr("org_files.maintenance.purge_files", fail)


ERROR = "TimeoutError: https://store:***@example.com/ is away"


@pytest.mark.usefixtures("_broken_expire")
def test_job_that_fails__does_not_stop_the_others(
    file: AbstractFile, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, written = run(COMMAND, "expire", "fold")

    assert status == 1
    assert written.splitlines() == [f"expire: error: {ERROR}", "fold: 3 downloads, 0 range grants"]
    assert folded(file) == 3
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert ERROR in told
    assert "hunter2" not in told


@pytest.mark.usefixtures("_broken_expire")
def test_job_that_fails__has_its_error_in_the_json(file: AbstractFile, run: Any) -> None:
    status, written = run(COMMAND, "expire", "fold", "--json")

    assert status == 1
    assert json.loads(written) == {
        "expire": {"error": ERROR},
        "fold": {"downloads": 3, "range_grants": 0},
    }


def test_unknown_job__is_refused_before_any_is_run(file: AbstractFile, run: Any) -> None:
    with pytest.raises(CommandError, match=r"No such job: tidy.*fold"):
        run(COMMAND, "fold", "tidy")

    assert folded(file) == 0
