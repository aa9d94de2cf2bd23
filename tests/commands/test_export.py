"""org_files_export: a tree of files that can be trusted, and a manifest."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files import locks
from django.core.files.storage import storages
from django.core.management.base import CommandError

from org_files.files import trash_file
from org_files.testing.factories import make_organization, make_stored_file, make_user
from tests.commands.depot.models import Product
from tests.files.rows import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(run, tmp_path):
    """Export to a folder; return the report and the manifest, whose files are as it says."""
    folder = tmp_path / "export"

    def export(*arguments, status=0):
        found, written = run("org_files_export", str(folder), "--json", *arguments)
        lines = (folder / "manifest.jsonl").read_text().splitlines()
        manifest = {entry["path"]: entry for entry in map(json.loads, lines)}
        for path, entry in manifest.items():
            content = (folder / path).read_bytes()
            assert (len(content), sha256(content).hexdigest()) == (entry["size"], entry["sha256"])
        assert found == status
        return json.loads(written), manifest

    export.folder = folder
    return export


def paths(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files__are_written_by_organization_and_object_with_a_manifest(export):
    acme, other = make_organization("Acme"), make_organization("Acme")
    ada = make_user("ada")
    product = Product.objects.create(company=acme)
    fields = {"resource": "depot.product", "resource_id": str(product.pk), "comment": "Für alle"}
    file = make_stored_file(acme, ada, name="Manual.txt", content=b"manual", **fields)
    make_stored_file(acme, name="plan.txt", content=b"plan")
    make_stored_file(other, name="plan.txt", content=b"other")
    trash_file(file=make_stored_file(acme, name="trashed.txt"))

    report, manifest = export()
    assert report == {"written": 3, "bytes": 15, "there": 0, "damaged": []}
    named = f"Acme/depot.product/{product.pk}/Manual.txt"
    assert manifest.keys() == {named, "Acme/plan.txt", "Acme (2)/plan.txt"}
    assert manifest[named] == {
        "id": str(file.public_id),
        "name": "Manual.txt",
        "path": named,
        "size": 6,
        "sha256": file.sha256,
        "content_type": "text/plain",
        "organization": {"id": acme.pk, "name": "Acme"},
        "owner": {"id": ada.pk, "name": ada.get_username()},
        "is_public": False,
        "created_at": file.created_at.isoformat(),
        "updated_at": file.updated_at.isoformat(),
        "expires_at": None,
        **fields,
    }
    assert paths(export.folder) == {"manifest.jsonl", *manifest}

    assert export("--model=depot.Product")[1].keys() == {named}
    assert export(f"--organization={other.pk}")[1].keys() == {"Acme/plan.txt"}


def test_texts_of_people__never_lead_out_of_the_folder(export):
    names = ("..", "../..", "/etc", "manifest.jsonl", ".org_files_export.part")
    for name in names:
        make_stored_file(make_organization(name), name="manifest.jsonl")
    home = make_organization("C:\\")
    label = {"resource": "..\\..", "resource_id": "con"}
    make_stored_file(home, name="a?.txt", **label)
    make_stored_file(home, name="A?.TXT", **label)
    rows().filter(name="a?.txt").update(resource="../..")
    _, manifest = export()
    assert manifest.keys() == {
        *(f"{name}/manifest.jsonl" for name in ("_", ".._", "_etc", "manifest.jsonl (2)")),
        ".org_files_export.part (2)/manifest.jsonl",
        "C__/.._/_con/a_.txt",
        "C__/.._ (2)/_con/A_.TXT",
    }


def test_ended_export__is_continued(export, monkeypatch):
    files = [make_stored_file(name="a.txt", content=b"%d" % number) for number in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda *paths: exit(9))
        with pytest.raises(FileNotFoundError):
            export()
    assert export()[0]["written"] == 3
    changed, cut, gone = sorted(export.folder.rglob("a.txt"))
    changed.write_bytes(b"9")
    cut.write_bytes(b"")
    gone.unlink()
    (export.folder / ".org_files_export.part").write_bytes(b"left by a run that was killed")
    late = make_stored_file(files[0].organization, name="a.txt", content=b"late")
    report, manifest = export()
    assert (report["written"], report["there"]) == (4, 0)
    assert manifest["Acme/a (2).txt"]["id"] == str(late.public_id)
    assert export()[0]["there"] == 4
    assert paths(export.folder) == {"manifest.jsonl", *manifest}


def test_missing_and_damaged_bytes__are_reported_and_not_written(export):
    missing, damaged, whole = (make_stored_file() for _ in range(3))
    Path(missing.content.path).unlink()
    Path(damaged.content.path).write_bytes(b"X report.")
    report, manifest = export(status=1)
    assert set(report["damaged"]) == {str(missing.public_id), str(damaged.public_id)}
    assert [entry["id"] for entry in manifest.values()] == [str(whole.public_id)]
    assert paths(export.folder) == {"manifest.jsonl", *manifest}


def test_folder_with_something_else_or_a_link_out_of_it__is_refused(run, tmp_path):
    make_stored_file(make_organization("Acme"))
    (tmp_path / "letter.txt").touch()
    with pytest.raises(CommandError, match="not empty"):
        run("org_files_export", str(tmp_path))
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "manifest.jsonl").touch()
    (tmp_path / "export" / "Acme").symlink_to(tmp_path)
    with pytest.raises(CommandError, match="outside"):
        run("org_files_export", str(tmp_path / "export"))
    assert {path.name for path in tmp_path.iterdir()} == {"letter.txt", "export"}


@pytest.mark.parametrize("alias", ["default", "org_files"])
def test_folder_within_a_storage__is_refused(run, alias):
    folder = Path(storages[alias].location) / "export"
    with pytest.raises(CommandError, match="a folder of the site's files"):
        run("org_files_export", str(folder))
    assert not folder.exists()


def test_two_exports_to_one_folder__are_refused(run, tmp_path):
    with (tmp_path / "manifest.jsonl.part").open("w") as other:
        locks.lock(other, locks.LOCK_EX)
        with pytest.raises(CommandError, match="Another export"):
            run("org_files_export", str(tmp_path))


@pytest.mark.parametrize("option", ["--organization=0", "--organization=x", "--model=depot.X"])
def test_option_that_names_nothing__is_refused(run, db, tmp_path, option):
    with pytest.raises(CommandError, match="There is no"):
        run("org_files_export", str(tmp_path / "export"), option)
    assert list(tmp_path.iterdir()) == []
