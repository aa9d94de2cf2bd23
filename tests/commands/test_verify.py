"""``org_files_verify``."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from org_files import counters, get_file_model
from org_files.models import AbstractFile, Usage
from org_files.storage import content_key, original_storage

pytestmark = pytest.mark.django_db

COMMAND = "org_files_verify"


@pytest.fixture
def wrong(file: AbstractFile) -> AbstractFile:
    """The file, with seven downloads too many in its totals."""
    counters.fold()
    get_file_model()._base_manager.filter(pk=file.pk).update(folded_download_count=10)
    return file


@pytest.mark.parametrize("arguments", [[], ["--only", "counters"], ["--repair"]])
@pytest.mark.usefixtures("file")
def test_right_totals__exit_with_0(run: Any, arguments: list[str]) -> None:
    status, written = run(COMMAND, *arguments)

    assert status == 0
    assert "counters: 1 files, 0 tombstones, 1 organizations verified" in written
    every_check = not arguments or arguments == ["--repair"]
    assert ("usage: 1 organizations verified" in written) == every_check
    assert ("files: 1 files, 0 renditions, 1 blobs verified" in written) == every_check


@pytest.mark.parametrize("arguments", [[], ["--only", "counters"]])
def test_wrong_totals__exit_with_1_and_stay(
    wrong: AbstractFile, run: Any, arguments: list[str]
) -> None:
    for _ in range(2):
        status, written = run(COMMAND, *arguments)

        assert status == 1
        assert f"file {wrong.pk}: the ledger has 3 downloads, the totals 10" in written
        assert "repaired" not in written
        assert "counters: 1 findings in 1 files, 0 tombstones, 1 organizations" in written


def test_repair__exits_with_1_and_then_with_0(wrong: AbstractFile, run: Any) -> None:
    status, written = run(COMMAND, "--only", "counters", "--repair")

    assert status == 1
    assert "(repaired)" in written
    assert run(COMMAND)[0] == 0
    assert get_file_model()._base_manager.get(pk=wrong.pk).folded_download_count == 3


@pytest.mark.parametrize("repair", [[], ["--repair"]])
def test_json__has_every_finding(wrong: AbstractFile, run: Any, repair: list[str]) -> None:
    status, written = run(COMMAND, "--json", *repair)

    assert status == 1
    report = json.loads(written)
    assert report.keys() == {"counters", "usage", "links", "files"}
    assert [report[name]["findings"] for name in ("usage", "links", "files")] == [[], [], []]
    assert report["counters"] == {
        "findings": [
            {
                "kind": "file",
                "pk": str(wrong.pk),
                "ledger": 3,
                "counted": 10,
                "repaired": bool(repair),
            }
        ],
        "warnings": [],
        "checked": {"files": 1, "tombstones": 0, "organizations": 1},
    }


@pytest.mark.usefixtures("file")
def test_json_of_right_totals__has_no_finding(run: Any) -> None:
    status, written = run(COMMAND, "--only", "counters", "--json")

    assert status == 0
    assert json.loads(written)["counters"]["findings"] == []


def orphan(file: AbstractFile, age: timedelta) -> Path:
    """Put bytes beside those of ``file`` that no row names."""
    path = Path(original_storage().path(content_key(file, "")))
    path.write_bytes(b"left behind")
    then = time.time() - age.total_seconds()
    os.utime(path, (then, then))
    return path


def test_bytes_without_a_file__are_removed_by_repair_once_they_are_a_day_old(
    file: AbstractFile, run: Any
) -> None:
    old, young = orphan(file, timedelta(hours=25)), orphan(file, timedelta(hours=23))

    status, written = run(COMMAND)
    assert (status, old.exists()) == (1, True)
    assert "bytes without a file\n" in written
    assert "files: 1 findings in 1 files, 0 renditions, 3 blobs" in written
    status, written = run(COMMAND, "--only", "files", "--repair")
    assert (status, old.exists()) == (1, False)
    assert "bytes without a file (removed)" in written

    assert run(COMMAND)[0] == 0
    assert young.exists()


def test_wrong_usage__is_recounted_by_repair(file: AbstractFile, run: Any) -> None:
    Usage.objects.update(bytes_stored=5, file_count=7)

    status, written = run(COMMAND, "--only", "usage", "--json", "--repair")

    assert status == 1
    assert json.loads(written)["usage"]["findings"] == [
        {
            "organization": str(file.organization_id),
            "bytes_stored": file.size,
            "file_count": 1,
            "counted_bytes": 5,
            "counted_files": 7,
            "repaired": True,
        }
    ]
    assert "counted were 5 in 7" not in run(COMMAND, "--only", "usage")[1]
    assert run(COMMAND)[0] == 0


def test_store_that_cannot_be_reached__ends_the_command(
    file: AbstractFile, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError(5, "told to fail")

    monkeypatch.setattr(type(original_storage()), "exists", fail)

    with pytest.raises(CommandError, match="cannot be reached"):
        run(COMMAND, "--repair")


def test_unknown_part__is_refused(run: Any) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        run(COMMAND, "--only", "everything")
