"""The life of a file on every host, whatever its models and their keys are."""

import pytest
from django.core.management import call_command
from django.db import connection

from org_files import counters, get_file_model, get_organization_model
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import Tombstone, Usage
from tests.hosts.suite.test_host import download, logged_in, people, upload

__all__ = ["people"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def check_nothing_differs():
    counters.fold()
    for verify in (verify_store, verify_usage, counters.verify):
        assert verify().findings == []


def by_organization(organization):
    return "org_files" if organization is None else "tenant"


def test_file__is_kept_in_the_storage_of_its_organization(people, settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    tenant = {"BACKEND": backend, "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"tenant": tenant}
    settings.ORG_FILES = settings.ORG_FILES | {"STORAGE": f"{__name__}.by_organization"}
    client = logged_in(people[1])
    file = upload(client)
    row = get_file_model()._base_manager.get()
    assert row.storage_alias == "tenant"
    with row.content.open() as content:
        assert (tmp_path / row.content.name).read_bytes() == content.read()
    assert download(client, file)[0] == 200
    call_command("org_files_move_storage", "--from=tenant", "--to=default", "--delete", "--grace=0")
    assert not (tmp_path / row.content.name).exists()
    assert download(client, file)[0] == 200
    check_nothing_differs()
    row.delete()
    check_nothing_differs()


def test_file__is_changed_trashed_restored_and_removed(people):
    anna, bela, carl = (logged_in(user) for user in people)
    file = upload(bela)
    path = f"/api/files/{file['id']}/"
    json = {"content_type": "application/json"}
    assert download(bela, file)[0] == 200

    changed = bela.patch(path, {"name": "plan.csv", "comment": "second"}, **json).json()
    assert (changed["name"], changed["content_type"]) == ("plan.csv", "text/csv")
    assert carl.patch(path, {"comment": "mine"}, **json).status_code == 404
    assert bela.delete(path).status_code == 204
    assert bela.get(path).status_code == 404
    assert anna.get("/api/files/?trashed=true").json()["count"] == 1
    assert carl.post(f"{path}restore/").status_code == 404
    assert anna.post(f"{path}restore/").status_code == 200
    check_nothing_differs()
    assert anna.delete(f"{path}?permanent=true").status_code == 204

    tombstone = Tombstone.objects.get()
    assert str(tombstone.file_public_id) == file["id"]
    assert (tombstone.name, tombstone.organization.name) == ("plan.csv", "North")
    assert not get_file_model()._base_manager.exists()
    [row] = bela.get("/api/downloads/").json()["results"]
    assert row["file"] == {"id": file["id"], "name": "plan.csv"}
    check_nothing_differs()


def test_quota__is_exact(people, settings):
    settings.ORG_FILES = {**settings.ORG_FILES, "QUOTA_BYTES": 30}
    anna = logged_in(people[0])
    files = [upload(anna), upload(anna)]
    with pytest.raises(AssertionError, match="quota_exceeded"):
        upload(anna, content=b"1")

    usage = Usage.objects.get(organization=get_organization_model().objects.get(name="North"))
    assert (usage.bytes_stored, usage.file_count) == (30, 2)
    get_file_model()._base_manager.get(public_id=files[0]["id"]).delete()
    upload(anna)
    check_nothing_differs()


def test_jobs_and_verification__run(people):
    upload(logged_in(people[0]))

    call_command("org_files_maintenance")
    call_command("org_files_verify")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    call_command("org_files_search_index")
