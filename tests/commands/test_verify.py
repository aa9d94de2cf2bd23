"""``org_files_verify``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError

from org_files import counters, get_file_model
from org_files.models import AbstractFile

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
    assert "counters: 1 files, 1 organizations agree with the ledger" in written


@pytest.mark.parametrize("arguments", [[], ["--only", "counters"]])
def test_wrong_totals__exit_with_1_and_stay(
    wrong: AbstractFile, run: Any, arguments: list[str]
) -> None:
    for _ in range(2):
        status, written = run(COMMAND, *arguments)

        assert status == 1
        assert f"file {wrong.pk}: the ledger has 3 downloads, the totals 10" in written
        assert "repaired" not in written
        assert "counters: 1 findings in 1 files, 1 organizations" in written


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
    assert json.loads(written) == {
        "counters": {
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
            "checked": {"files": 1, "organizations": 1},
        }
    }


@pytest.mark.usefixtures("file")
def test_json_of_right_totals__has_no_finding(run: Any) -> None:
    status, written = run(COMMAND, "--only", "counters", "--json")

    assert status == 0
    assert json.loads(written)["counters"]["findings"] == []


def test_unknown_part__is_refused(run: Any) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        run(COMMAND, "--only", "everything")
