"""The jobs ``expire`` and ``purge``, which remove files for good."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.utils import timezone

from org_files import get_file_model
from org_files.files import services as file_services
from org_files.models import AbstractFile, AbstractOrganization, Tombstone, Usage
from org_files.storage import original_storage
from org_files.testing.factories import make_stored_file
from tests.files.storages import blobs

pytestmark = pytest.mark.django_db

COMMAND = "org_files_maintenance"


@pytest.fixture
def files(organization: AbstractOrganization) -> dict[str, AbstractFile]:
    """Files of five bytes, at every time of their life."""
    now = timezone.now()
    moments: dict[str, dict[str, Any]] = {
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


def gone(files: dict[str, AbstractFile]) -> set[str]:
    """Return the names of removed files, on which rows, bytes, usage and tombstones agree."""
    left = set(get_file_model()._base_manager.values_list("name", flat=True))
    keys = {file.content.name for name, file in files.items() if name in left}
    assert blobs(original_storage()) == keys
    assert Usage.objects.get().bytes_stored == 5 * len(left)
    removed = files.keys() - left
    assert set(Tombstone.objects.values_list("name", flat=True)) == removed
    return removed


EXPIRED = {"expired", "expired in the trash"}
OLD = {"trashed for 30 days", "trashed for a year"}


@pytest.mark.parametrize(("job", "expected"), [("expire", EXPIRED), ("purge", OLD)])
def test_job__removes_files_and_reports_them(
    files: dict[str, AbstractFile], run: Any, job: str, expected: set[str]
) -> None:
    counted = {job: {"files": 2, "bytes": 10, "kept": 0}}
    assert json.loads(run(COMMAND, job, "--dry-run", "--json")[1]) == counted
    assert f"{job}: there would be 2 files, 10 bytes" in run(COMMAND, job, "--dry-run")[1]
    assert gone(files) == set()

    assert run(COMMAND, job) == (0, f"{job}: 2 files, 10 bytes, 0 kept\n")

    assert gone(files) == expected
    assert f"{job}: 0 files, 0 bytes, 0 kept" in run(COMMAND, job)[1]


def test_all_jobs__are_run_unless_some_are_named(
    files: dict[str, AbstractFile], run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_services, "BATCH_SIZE", 1)

    written = run(COMMAND, verbosity=2)[1]

    assert written.index("purge: 1 so far") < written.index("purge: 2 so far")
    assert gone(files) == EXPIRED | OLD


@pytest.mark.parametrize(
    ("days", "expected"),
    [(365, {"trashed for a year"}), (29, {*OLD, "trashed for 29 days"}), (None, set())],
)
def test_days_in_the_trash__are_those_of_the_setting(
    files: dict[str, AbstractFile],
    run: Any,
    settings: Any,
    days: int | None,
    expected: set[str],
) -> None:
    settings.ORG_FILES = {"TRASH_DAYS": days}

    assert f"{len(expected)} files" in run(COMMAND, "purge", "--dry-run")[1]
    run(COMMAND, "purge")

    assert gone(files) == expected


@pytest.fixture
def invoice(files: dict[str, AbstractFile]) -> Iterator[None]:
    """A row of the site that protects one of the files."""
    pk = files["trashed for a year"].pk

    def refuse(instance: AbstractFile, **kwargs: Any) -> None:
        if instance.pk == pk:
            raise ProtectedError("An invoice refers to it.", {instance})

    pre_delete.connect(refuse, sender=get_file_model())
    yield
    pre_delete.disconnect(refuse, sender=get_file_model())


@pytest.mark.usefixtures("invoice")
def test_file_that_the_site_protects__is_kept_and_logged(
    files: dict[str, AbstractFile], run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "org_files.files"):
        status, written = run(COMMAND, "purge")

    assert status == 0
    assert "purge: 1 files, 5 bytes, 1 kept" in written
    assert "rows of the site refer to it" in caplog.text
    assert gone(files) == {"trashed for 30 days"}
