"""``org_files_maintenance``."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from org_files import get_file_model
from org_files.maintenance import JOBS
from org_files.models import AbstractFile, PendingDownload, RangeGrant

pytestmark = pytest.mark.django_db

COMMAND = "org_files_maintenance"


def folded(file: AbstractFile) -> int:
    return get_file_model()._base_manager.get(pk=file.pk).folded_download_count


@pytest.mark.parametrize("jobs", [[], ["fold"]])
def test_fold__folds_what_is_pending(file: AbstractFile, run: Any, jobs: list[str]) -> None:
    status, written = run(COMMAND, *jobs)

    assert status == 0
    assert "fold: 3 downloads, 0 range grants" in written
    assert folded(file) == 3
    assert not PendingDownload.objects.exists()


def test_fold__forgets_old_marks_of_partial_downloads(file: AbstractFile, run: Any) -> None:
    now = timezone.now()
    RangeGrant.objects.create(requester_key="old", began_at=now - timedelta(minutes=61))
    RangeGrant.objects.create(requester_key="new", began_at=now)

    _, written = run(COMMAND, "fold")

    assert "1 range grants" in written
    assert RangeGrant.objects.get().requester_key == "new"


def test_fold_again__finds_nothing(file: AbstractFile, run: Any) -> None:
    run(COMMAND, "fold")

    assert "fold: 0 downloads" in run(COMMAND, "fold")[1]
    assert folded(file) == 3


def test_json__has_what_each_job_counted(file: AbstractFile, run: Any) -> None:
    status, written = run(COMMAND, "fold", "--json")

    assert status == 0
    assert json.loads(written) == {"fold": {"downloads": 3, "range_grants": 0}}


def test_json_of_all_jobs__has_each(file: AbstractFile, run: Any) -> None:
    _, written = run(COMMAND, "--json", verbosity=3)

    assert json.loads(written).keys() == JOBS.keys()


def test_progress__is_told_when_asked_for(file: AbstractFile, run: Any) -> None:
    assert "fold: 3 so far" not in run(COMMAND, "fold", verbosity=1)[1]
    PendingDownload.objects.create(
        download_id=10**9,
        file_id=file.pk,
        organization_id=file.organization_id,
        downloaded_at=timezone.now(),
    )

    assert "fold: 1 so far" in run(COMMAND, "fold", verbosity=2)[1]


def test_unknown_job__is_refused_before_any_is_run(file: AbstractFile, run: Any) -> None:
    with pytest.raises(CommandError, match=r"No such job: tidy.*fold"):
        run(COMMAND, "fold", "tidy")

    assert folded(file) == 0
