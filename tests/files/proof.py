"""Damage of every kind to the files of a site, and what verification and repair say of it."""

import json
from datetime import timedelta

from django.core.files.base import ContentFile

from org_files import counters, get_file_model
from org_files.files import verification
from org_files.storage import content_key, original_storage
from org_files.testing.factories import make_organization, make_stored_file
from tests.files.rows import rows

REMOVED, ORPHANED, SHORTENED, FALSIFIED = 20, 20, 5, 3
VERIFY = ("org_files_verify", "--deep", "--json")


def prove_that_all_damage_is_found(run, monkeypatch):
    """Damage a store; verify it, repair it, and verify it again.

    Args:
        run: runs a command and returns its exit status and its output.
    """
    storage = original_storage()
    organization = make_organization()
    files = [
        make_stored_file(organization, content=f"content {number}".encode())
        for number in range(REMOVED + SHORTENED + FALSIFIED + 2)
    ]
    counters.record_download(file=files[-1])
    counters.fold()
    keys = [file.content.name for file in files]
    removed, shortened = keys[:REMOVED], keys[REMOVED : REMOVED + SHORTENED]
    for key in removed + shortened:
        storage.delete(key)
    for key in shortened:
        assert storage.save(key, ContentFile(b"cont")) == key
    orphans = [
        storage.save(content_key(files[0], ""), ContentFile(b"left behind"))
        for _ in range(ORPHANED)
    ]
    falsified = [file.pk for file in files[-FALSIFIED:]]
    rows(pk__in=falsified).update(folded_download_count=1_000_000)
    # A store says itself how old an object is, and some round up.
    monkeypatch.setattr(verification, "GRACE", -timedelta(hours=1))
    lost = {(key, "missing") for key in removed} | {(key, "size") for key in shortened}
    expected = lost | {(key, "orphan") for key in orphans}
    expected |= {(str(pk), "file") for pk in falsified}

    def verified(*arguments):
        status, written = run(*VERIFY, *arguments)
        report = json.loads(written)
        findings = [finding for part in report.values() for finding in part["findings"]]
        found = [
            (each.get("key") or each["pk"], each["kind"], each["repaired"]) for each in findings
        ]
        return status, found

    status, found = verified()
    assert (status, len(found)) == (1, REMOVED + ORPHANED + SHORTENED + FALSIFIED)
    assert {(name, kind) for name, kind, _ in found} == expected

    status, found = verified("--repair")
    assert {(name, kind) for name, kind, repaired in found if repaired} == expected - lost

    status, found = verified()
    assert (status, len(found)) == (1, REMOVED + SHORTENED)
    assert {(name, kind) for name, kind, _ in found} == lost
    # Marked and named, never removed.
    assert get_file_model()._base_manager.count() == len(files)
