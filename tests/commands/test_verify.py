"""``org_files_verify``."""

import json
import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from org_files import counters
from org_files.db.reports import Refusal
from org_files.management.commands import org_files_verify
from org_files.models import Usage
from org_files.storage import content_key, original_storage
from org_files.storage.owners import OWNER
from tests.files.proof import prove_that_all_damage_is_found
from tests.files.rows import rows

pytestmark = pytest.mark.django_db

COMMAND = "org_files_verify"


@pytest.fixture
def wrong(file):
    """The file, with seven downloads too many in its totals."""
    counters.fold()
    rows(pk=file.pk).update(folded_download_count=10)
    return file


@pytest.mark.parametrize("arguments", [[], ["--repair"]])
@pytest.mark.usefixtures("file")
def test_right_totals__exit_with_0(run, arguments):
    status, written = run(COMMAND, *arguments)

    assert status == 0
    assert written.splitlines() == [
        "counters: 1 files, 0 tombstones, 1 organizations verified",
        "usage: 1 organizations verified",
        "links: 0 links verified",
        "attachments: 0 objects verified",
        "files: 1 files, 0 uploads, 0 renditions, 0 avatars, 1 blobs verified",
    ]


def test_wrong_totals__exit_with_1_until_they_are_repaired(wrong, run):
    for _ in range(2):
        status, written = run(COMMAND)
        assert status == 1
        assert f"file {wrong.pk}: the ledger has 3 downloads, the totals 10\n" in written
        assert "counters: 1 findings in 1 files, 0 tombstones, 1 organizations" in written

    status, written = run(COMMAND, "--only", "counters", "--repair")

    assert status == 1
    assert "(repaired)" in written
    assert run(COMMAND, "--only", "counters") == (
        0,
        "counters: 1 files, 0 tombstones, 1 organizations verified\n",
    )
    assert rows().get(pk=wrong.pk).folded_download_count == 3


@pytest.mark.parametrize("repair", [[], ["--repair"]])
def test_json__has_every_finding(wrong, run, repair):
    Usage.objects.update(bytes_stored=5, file_count=7)

    status, written = run(COMMAND, "--json", *repair)

    assert status == 1
    report = json.loads(written)
    assert [*report] == ["counters", "usage", "links", "attachments", "files"]
    assert [report[name]["findings"] for name in ("links", "files")] == [[], []]
    finding = {"kind": "file", "pk": str(wrong.pk), "ledger": 3, "counted": 10}
    assert report["counters"] == {
        "findings": [finding | {"repaired": bool(repair)}],
        "warnings": [],
        "checked": {"files": 1, "tombstones": 0, "organizations": 1},
    }
    assert report["usage"]["findings"] == [
        {
            "organization": str(wrong.organization_id),
            "bytes_stored": wrong.size,
            "file_count": 1,
            "bytes_reserved": 0,
            "files_reserved": 0,
            "counted_bytes": 5,
            "counted_files": 7,
            "counted_bytes_reserved": 0,
            "counted_files_reserved": 0,
            "repaired": bool(repair),
        }
    ]


def orphan(file, age=timedelta(hours=25)):
    """Write bytes without a row beside those of ``file``."""
    path = Path(original_storage().path(content_key(file, "")))
    path.write_bytes(b"left behind")
    then = time.time() - age.total_seconds()
    os.utime(path, (then, then))
    return path


def test_bytes_without_a_file__are_removed_by_repair_once_they_are_a_day_old(file, run):
    old, young = orphan(file), orphan(file, timedelta(hours=23))

    status, written = run(COMMAND)
    assert (status, old.exists()) == (1, True)
    assert "bytes without a file\n" in written
    assert "files: 1 findings in 1 files, 0 uploads, 0 renditions, 0 avatars, 3 blobs" in written
    status, written = run(COMMAND, "--only", "files", "--repair")
    assert (status, old.exists()) == (1, False)
    assert "bytes without a file (removed)" in written

    assert run(COMMAND)[0] == 0
    assert young.exists()


def test_store_that_cannot_be_reached__ends_the_command(file, run, monkeypatch):
    def fail(*arguments):
        raise OSError(5, "told to fail")

    monkeypatch.setattr(type(original_storage()), "exists", fail)

    with pytest.raises(CommandError, match="cannot be reached"):
        run(COMMAND, "--repair")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--deep", "--only", "counters"],
        ["--deep", "--adopt-store"],
        ["--allow-orphans", "1"],
        ["--allow-orphans", "1", "--only", "usage", "--repair"],
    ],
)
def test_options_without_effect__are_refused(ownerless, run, arguments):
    with pytest.raises(CommandError, match="has no effect without"):
        run(COMMAND, *arguments)

    assert not Path(original_storage().path(OWNER)).exists()


def test_damaged_bytes__are_found_by_their_size_and_deep_by_their_digest(file, run):
    path = Path(original_storage().path(file.content.name or ""))
    path.write_bytes(bytes(file.size))

    assert run(COMMAND)[0] == 0
    status, written = run(COMMAND, "--deep")
    assert status == 1
    assert "do not have the SHA-256 that its row says" in written
    path.write_bytes(b"short")
    assert "do not have the size that its row says" in run(COMMAND)[1]


# Refusals.


@pytest.fixture
def ownerless(wrong):
    """An old blob without a row, in the store of a site that upgrades; its totals are wrong too."""
    Path(original_storage().path(OWNER)).unlink()
    return orphan(wrong)


def test_repair_of_a_store_without_an_owner__changes_nothing_and_reads_no_blob(
    wrong, ownerless, run, monkeypatch
):
    read = []
    open_file = type(original_storage()).open

    def note(self, name, mode="rb"):
        read.append(name)
        return open_file(self, name, mode)

    monkeypatch.setattr(type(original_storage()), "open", note)

    with pytest.raises(CommandError) as raised:
        run(COMMAND, "--deep", "--repair")

    assert raised.value.returncode == 1
    first, reason = str(raised.value).splitlines()
    assert first == "Nothing was repaired."
    assert reason.startswith(
        "The storage of files, uploads, renditions and avatars has blobs and no owner"
    )
    assert "--adopt-store" in reason
    assert (ownerless.exists(), read) == (True, [])
    assert rows().get(pk=wrong.pk).folded_download_count == 10
    status, written = run(COMMAND, "--deep")
    assert status == 1
    for said in ("has blobs and no owner", "bytes without a file", "the totals 10"):
        assert said in written
    assert read != []

    # A check that does not look at the store is not refused for it.
    assert "(repaired)" in run(COMMAND, "--only", "counters", "--repair")[1]


def test_repair_that_one_check_refuses__changes_nothing_of_another(wrong, run, monkeypatch):
    path = orphan(wrong)

    def hide(check, models):
        return [Refusal(check, "row_security", "Hidden.")] if check == "usage" else []

    monkeypatch.setattr(org_files_verify, "row_security", hide)

    with pytest.raises(CommandError, match="Nothing was repaired"):
        run(COMMAND, "--repair")

    assert path.exists()
    assert rows().get(pk=wrong.pk).folded_download_count == 10


def test_refusals_as_json__are_a_list(ownerless, run):
    written = StringIO()

    with pytest.raises(CommandError):
        call_command(COMMAND, "--json", "--repair", stdout=written)

    [refusal] = json.loads(written.getvalue())["refusals"]
    assert refusal.keys() == {"check", "code", "message"}
    assert (refusal["check"], refusal["code"]) == ("files", "no_owner")
    [warning] = json.loads(run(COMMAND, "--json")[1])["files"]["warnings"]
    assert warning == refusal["message"]


def test_adopted_store__is_repaired(ownerless, run):
    status, written = run(COMMAND, "--adopt-store")

    assert status == 0
    assert (
        "The storage of files, uploads, renditions and avatars now belongs to this database."
        in written
    )
    assert ownerless.exists()
    status, written = run(COMMAND, "--adopt-store", "--json", "--repair", "--only", "files")
    report = json.loads(written)
    [adopted] = report["adopted"]
    kinds = ["files", "uploads", "renditions", "avatars"]
    assert adopted == {"storage_of": kinds, "aliases": ["org_files"], "before": []}
    assert (report["files"]["findings"][0]["repaired"], status) == (True, 1)
    assert not ownerless.exists()


def test_many_orphans__are_removed_by_their_exact_number_alone(wrong, run):
    paths = [orphan(wrong) for _ in range(21)]

    for arguments in ([], ["--allow-orphans", "20"], ["--allow-orphans=22"]):
        with pytest.raises(CommandError, match=r"21 of 22 blobs .* add --allow-orphans 21\."):
            run(COMMAND, "--repair", *arguments)
    # Nor has another check repaired anything.
    assert rows().get(pk=wrong.pk).folded_download_count == 10
    assert all(path.exists() for path in paths)

    assert run(COMMAND, "--repair", "--allow-orphans", "21")[0] == 1
    assert not any(path.exists() for path in paths)
    assert run(COMMAND)[0] == 0


def test_all_damage__is_found_and_repaired_where_it_can_be(run, monkeypatch):
    prove_that_all_damage_is_found(run, monkeypatch)
