"""Fold, verify and repair where this connection does not see every row: nothing is lost."""

import os
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from org_files import counters, get_file_model, get_organization_model
from org_files.accounts.avatars import remove_avatar, set_avatar
from org_files.accounts.models import Avatar
from org_files.db.reports import RepairRefused
from org_files.db.rows import writing
from org_files.exceptions import Conflict
from org_files.files import purge_file
from org_files.files.quotas import recount, verify_usage
from org_files.links.verification import verify_links
from org_files.models import Download, PendingDownload, Rendition, ShareLink, Tombstone, Usage
from org_files.pictures import make_renditions
from org_files.storage import content_key, original_storage
from org_files.storage.owners import OWNER, adopt_store, owner_of
from org_files.testing.factories import make_link, make_organization, make_stored_file, make_user
from tests.accounts.pictures import photo
from tests.attachments.catalog.models import Ticket
from tests.files.storages import blobs
from tests.hidden_rows.conftest import ROLE, connected, execute
from tests.pictures.stored import make_picture

OLD = timedelta(days=2)


def fill(name):
    """Store a picture with its heights, a text and an avatar; download the text three times."""
    user, organization = make_user(name), make_organization(name)
    make_renditions(file=make_picture(organization))
    set_avatar(user=user, upload=ContentFile(photo()))
    file = make_stored_file(organization, user, name=f"{name}.txt")
    for _ in range(3):
        counters.record_download(file=file, user=user)
    return file


def age(folder):
    """Have everything in the store lie there for days."""
    then = time.time() - OLD.total_seconds()
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def named():
    """Return the keys that rows of this connection name."""
    return {
        *get_file_model()._base_manager.values_list("content", flat=True),
        *Rendition.objects.values_list("key", flat=True),
        *Avatar.objects.values_list("key", flat=True),
    }


def run(*options):
    """Run ``org_files_verify``, and return what it wrote or how it was refused."""
    written = StringIO()
    try:
        call_command("org_files_verify", *options, stdout=written, no_color=True)
    except SystemExit:
        pass
    except CommandError as error:
        return str(error)
    return written.getvalue()


def maintain():
    """Fold, verify and repair, as each night; return how the repair ended."""
    counters.fold()
    run()
    # With the number that a careless operator would give.
    count = len(blobs(original_storage()) - named())
    return run("--repair", f"--allow-orphans={count}")


def totals(name):
    """Return the downloads of the file, of its organization, and those in the ledger."""
    file = counters.with_totals(get_file_model()._base_manager.filter(name=f"{name}.txt")).get()
    organization = counters.with_totals(
        get_organization_model()._base_manager.filter(pk=file.organization_id)
    ).get()
    return file.download_count, organization.download_count, Download.objects.count()


def secure(*models):
    """Have row-level security hide all rows of ``models`` that no policy shows."""
    for model in models:
        execute(f"ALTER TABLE {model._meta.db_table} ENABLE ROW LEVEL SECURITY")


def orphan(file):
    """Put bytes beside those of ``file`` that no row names, as a killed process does."""
    return original_storage().save(content_key(file, ""), ContentFile(b"left behind"))


def test_two_schemas_over_one_store__lose_nothing(database, store):
    for schema in ("one", "two"):
        with connected(database, schema=schema):
            fill(schema)
    before = blobs(original_storage())
    assert len(before) == 10
    age(store)

    for schema in ("one", "two", "one"):
        with connected(database, schema=schema):
            assert len(named()) == 5
            assert "Nothing was repaired." in maintain()
            assert blobs(original_storage()) == before
            assert totals(schema) == (3, 3, 3)
            assert not PendingDownload.objects.exists()


def test_text_that_names_the_owner__does_not_join_two_schemas(database, store, settings):
    settings.ORG_FILES = settings.ORG_FILES | {"STORE_OWNER": "mysite"}
    for schema in ("one", "two"):
        with connected(database, schema=schema):
            make_stored_file()
    age(store)

    for schema in ("one", "two"):
        with connected(database, schema=schema):
            assert "Nothing was repaired." in maintain()
    assert len(blobs(original_storage())) == 2


def test_shared_table_in_another_schema__is_one_owner(database, store):
    with connected(database, schema="one"):
        fill("one")
    # As a tenant that has the tables of this package in the schema of all.
    with connected(database, schema="empty,one"):
        execute("CREATE SCHEMA empty")
        fill("tenant")
        left = orphan(fill("another"))
        age(store)

        assert "(removed)" in maintain()
        assert blobs(original_storage()) == named()
        assert left not in named()


def test_restricted_role__loses_nothing(database, store):
    table = get_file_model()._meta.db_table
    with connected(database):
        fill("one")
        fill("two")
        secure(get_file_model())
        execute(f"CREATE POLICY seen ON {table} USING (name LIKE 'one.%')")
        before = named()
        usage = set(Usage.objects.values_list())
        assert blobs(original_storage()) == before
    age(store)

    with connected(database, role=ROLE):
        assert get_file_model()._base_manager.count() == 1
        written = maintain()
        assert "Nothing was repaired." in written
        assert f"Row-level security may hide rows of {table}" in written
        for check in ("counters", "usage", "files"):
            assert "Row-level security" in run("--only", check, "--repair")
            assert "Row-level security" in run("--only", check)
        # It does not take the store either: a repair by another role would rely on that.
        storage, mine = original_storage(), owner_of(original_storage())
        storage.delete(OWNER)
        assert "Row-level security" in run("--adopt-store", "--repair")
        assert "Row-level security" in run("--adopt-store")
        assert owner_of(storage) is None
        adopt_store(storage)
        assert owner_of(storage) == mine

    with connected(database):
        assert blobs(original_storage()) == before == named()
        assert set(Usage.objects.values_list()) == usage
        counters.fold()
        assert (totals("one"), totals("two")) == ((3, 3, 6), (3, 3, 6))
        assert "Nothing was repaired." not in run("--repair")
        # The other tables with blobs are looked at too.
        execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        secure(Rendition, Avatar)

    with connected(database, role=ROLE):
        assert not Rendition.objects.exists()
        refusal = maintain()
        assert all(model._meta.db_table in refusal for model in (Rendition, Avatar))

    assert blobs(original_storage()) == before


def test_link_to_a_hidden_file__is_passed_over_and_repaired_by_another_role(database, store):
    table = get_file_model()._meta.db_table
    with connected(database):
        link = make_link(fill("one"), used=4)
        wrong = Usage.objects.update(bytes_stored=1)
        secure(get_file_model())

    with connected(database, role=ROLE):
        # As if the ledger had rows of the link, by which it is found without its file.
        Download.objects.update(link=link.public_id)
        assert "Row-level security" in run("--only", "links")
        assert "Nothing was repaired." in run("--only", "links", "--repair")
        for verify in (verify_links, verify_usage):
            with pytest.raises(RepairRefused, match=table):
                verify(repair=True)

    with connected(database):
        assert ShareLink.objects.get(pk=link.pk).used == 4
        assert Usage.objects.filter(bytes_stored=1).count() == wrong
        [finding] = verify_links(repair=True).findings
        assert (finding.counted, finding.ledger, finding.repaired) == (4, 3, True)


def test_first_count_under_row_level_security__is_not_kept(database, store):
    table = get_file_model()._meta.db_table
    with connected(database):
        file = fill("one")
        make_stored_file(file.organization, name="hidden.txt", content=b"12345")
        usage = Usage.objects.filter(organization=file.organization_id)
        right = usage.values_list("bytes_stored", "file_count").get()
        usage.delete()
        secure(get_file_model())
        execute(f"CREATE POLICY seen ON {table} USING (name LIKE 'one.%')")

    with connected(database, role=ROLE):
        organization = get_organization_model()._base_manager.get(pk=file.organization_id)
        with writing(Usage):
            assert recount(organization.pk).file_count == 1
        make_stored_file(organization, name="one.more.txt", content=b"123")

    with connected(database):
        assert not usage.get().is_counted
        verify_usage(repair=True)
        assert usage.values_list("bytes_stored", "file_count").get() == (right[0] + 3, right[1] + 1)


def test_row_that_a_policy_keeps__keeps_its_bytes_and_one_it_refuses_leaves_none(database, store):
    with connected(database):
        file = fill("one")
        user = file.owner
        for model in (get_file_model(), Avatar, Rendition):
            secure(model)
            for command in ("SELECT", "UPDATE"):
                table = model._meta.db_table
                execute(f"CREATE POLICY may_{command} ON {table} FOR {command} USING (true)")
    before = blobs(original_storage())

    with connected(database, role=ROLE):
        with pytest.raises(Conflict):
            purge_file(file=file)
        remove_avatar(user=user)
        for rendition in Rendition.objects.all():
            rendition.delete()
        with pytest.raises(DatabaseError):
            make_stored_file(file.organization)

    with connected(database):
        assert blobs(original_storage()) == before == named()
        assert not Tombstone.objects.exists()
        assert totals("one") == (3, 3, 3)


def test_object_that_a_policy_hides__keeps_its_files(database, store):
    with connected(database):
        ticket = Ticket.objects.create(company=make_organization())
        ticket.attachments.add(ContentFile(b"-", "a.txt"))
        secure(Ticket)

    with connected(database, role=ROLE):
        assert not Ticket.objects.exists()
        assert "attachments: 0 objects verified" in run("--only=attachments")
        refused = run("--only=attachments", "--repair")
        assert "may hide rows of catalog_ticket" in refused
        assert ticket.attachments.exists()


def test_copied_database_over_one_store__loses_nothing(database, store, copy):
    with connected(database):
        fill("one")
    staging = copy(database)
    with connected(database):
        fill("later")
    before = blobs(original_storage())
    age(store)

    with connected(staging):
        # It sees half of the rows; the other half came after the copy.
        assert len(named()) == 5
        assert f"belongs to database {database} on" in maintain()
        assert blobs(original_storage()) == before
        fill("staging")
    age(store)
    for name, count in ((database, 10), (staging, 10)):
        with connected(name):
            assert len(named()) == count
            assert "Nothing was repaired." in maintain()
            assert len(blobs(original_storage())) == 15


def test_site_that_upgrades__is_repaired_once_it_has_adopted_its_store(database, store):
    with connected(database):
        left = orphan(fill("one"))
        (store / OWNER).unlink()
        fill("after the upgrade")
        age(store)
        before = blobs(original_storage())
        assert named() == before - {left}

        assert "has blobs and no owner" in maintain()
        assert blobs(original_storage()) == before
        assert "now belongs to this database" in run("--adopt-store")
        assert "(removed)" in maintain()
        assert blobs(original_storage()) == before - {left}
        assert "findings" not in run()
