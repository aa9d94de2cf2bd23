"""The jobs ``expire`` and ``purge``: what nobody sees any more is removed for good."""

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

pytestmark = pytest.mark.django_db(transaction=True)

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
    """Return which of them are gone; row, bytes, room and tombstone agree about it."""
    left = set(get_file_model()._base_manager.values_list("name", flat=True))
    keys = {file.content.name for name, file in files.items() if name in left}
    assert blobs(original_storage()) == keys
    assert Usage.objects.get().bytes_stored == 5 * len(left)
    removed = files.keys() - left
    assert set(Tombstone.objects.values_list("name", flat=True)) == removed
    return removed


EXPIRED = {"expired", "expired in the trash"}
OLD = {"trashed for 30 days", "trashed for a year"}


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [(["expire"], EXPIRED), (["purge"], OLD), (["purge", "expire"], EXPIRED | OLD)],
)
def test_job__removes_what_is_over(
    files: dict[str, AbstractFile], run: Any, jobs: list[str], expected: set[str]
) -> None:
    status, written = run(COMMAND, *jobs)

    assert status == 0
    for job in jobs:
        assert f"{job}: 2 files, 10 bytes, 0 kept" in written
    assert gone(files) == expected
    for job in jobs:
        assert f"{job}: 0 files, 0 bytes, 0 kept" in run(COMMAND, job)[1]


def test_all_jobs__are_run_unless_some_are_named(files: dict[str, AbstractFile], run: Any) -> None:
    run(COMMAND)

    assert gone(files) == EXPIRED | OLD


@pytest.mark.parametrize("job", ["expire", "purge"])
def test_dry_run__counts_and_removes_nothing(
    files: dict[str, AbstractFile], run: Any, job: str
) -> None:
    _, written = run(COMMAND, job, "--dry-run")
    _, as_json = run(COMMAND, job, "--dry-run", "--json")

    assert f"{job}: there would be 2 files, 10 bytes" in written
    assert json.loads(as_json) == {job: {"files": 2, "bytes": 10, "kept": 0}}
    assert gone(files) == set()


def test_json__has_what_was_removed(files: dict[str, AbstractFile], run: Any) -> None:
    status, written = run(COMMAND, "expire", "purge", "--json", verbosity=3)

    assert status == 0
    counted = {"files": 2, "bytes": 10, "kept": 0}
    assert json.loads(written) == {"expire": counted, "purge": counted}


def test_progress__is_told_after_each_batch_when_asked_for(
    files: dict[str, AbstractFile], run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_services, "BATCH_SIZE", 1)

    _, written = run(COMMAND, "purge", verbosity=2)

    assert written.index("purge: 1 so far") < written.index("purge: 2 so far")
    assert "so far" not in run(COMMAND, "expire", verbosity=1)[1]


@pytest.mark.parametrize(
    ("days", "expected"), [(365, {"trashed for a year"}), (29, {*OLD, "trashed for 29 days"})]
)
def test_days_in_the_trash__are_those_of_the_setting(
    files: dict[str, AbstractFile], run: Any, settings: Any, days: int, expected: set[str]
) -> None:
    settings.ORG_FILES = {"TRASH_DAYS": days}

    run(COMMAND, "purge")

    assert gone(files) == expected


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_trash_that_is_kept_forever__is_not_purged(
    files: dict[str, AbstractFile], run: Any, settings: Any, dry_run: list[str]
) -> None:
    settings.ORG_FILES = {"TRASH_DAYS": None}

    _, written = run(COMMAND, "purge", *dry_run)

    assert "0 files, 0 bytes" in written
    assert gone(files) == set()
    run(COMMAND, "expire")
    assert gone(files) == EXPIRED


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
