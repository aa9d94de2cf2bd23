"""Row-level security of PostgreSQL: rows that this role does not see are not taken for gone."""

import os
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, isolate_apps

from org_files import counters, get_file_model, get_organization_model
from org_files.counters.folding import fold_pending
from org_files.db.reports import RepairRefused
from org_files.db.rows import hidden_row_models
from org_files.models import PendingDownload, Tombstone
from org_files.testing.counters import assert_exact, read_totals
from org_files.testing.counters.bulk import all_of
from org_files.testing.factories import make_file, make_organization
from tests.counters.conftest import LEDGER, use_backend

pytestmark = pytest.mark.django_db

# Roles belong to the server, which all processes of a run share.
ROLE = f"org_files_tests_tenant_{os.getpid()}"


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def bind(model, column, command="ALL"):
    """Let the role see, or change, the rows of the current tenant alone."""
    table, tenant = model._meta.db_table, "current_setting('tests.tenant')"
    # PostgreSQL alters no table with checks of foreign keys to come.
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    execute(
        f"CREATE POLICY {command}_of_tenant ON {table} FOR {command} "
        f"USING ({column}::text = {tenant})"
    )


@contextmanager
def tenant(organization):
    """Work as the role, for the tenant ``organization``."""
    execute(f"SET LOCAL tests.tenant = '{organization.pk}'")
    execute(f"SET LOCAL ROLE {ROLE}")
    yield
    execute("RESET ROLE")


@pytest.fixture(autouse=True)
def _role(db):
    """A role that may do everything; it is rolled back with the test."""
    execute(f"CREATE ROLE {ROLE}")
    execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
    execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


@pytest.fixture
def tenants(_role):
    """The role sees files, tombstones and the organization of its tenant."""
    bind(get_file_model(), "organization_id")
    bind(Tombstone, "organization_id")
    bind(get_organization_model(), "id")


@pytest.fixture
def foreign(db):
    """A file of another tenant."""
    return make_file(make_organization("Globex"))


@pytest.mark.usefixtures("ledger_backend", "tenants")
def test_fold_by_a_tenant__adds_its_own_rows_and_loses_no_others(file, foreign, caplog):
    removed = make_file(foreign.organization)
    for downloaded in (foreign, foreign, removed, file, foreign, file):
        counters.record_download(file=downloaded)
    removed.delete()

    with tenant(file.organization):
        assert counters.fold(batch_size=2) == 2
        assert "4 pending downloads stay pending" in caplog.text
        assert counters.count_unfoldable() == 4

    assert PendingDownload.objects.count() == 4
    assert counters.verify().findings == []
    assert counters.fold() == 4
    assert_exact(file, 2)
    assert read_totals(foreign).file == 3
    assert counters.verify().findings == []


@pytest.mark.usefixtures("tenants")
def test_self_fold_of_a_tenant__takes_its_own_rows_alone(
    settings,
    file,
    foreign,
    caplog,
    django_capture_on_commit_callbacks,
):
    use_backend(settings, LEDGER)
    for _ in range(3):
        counters.record_download(file=foreign)
    use_backend(settings, LEDGER, fold_every=1, fold_batch_size=2)

    with tenant(file.organization), django_capture_on_commit_callbacks(execute=True):
        counters.record_download(file=file)

    assert "pending" not in caplog.text
    organizations = PendingDownload.objects.values_list("organization", flat=True)
    assert list(organizations) == [foreign.organization_id] * 3
    assert_exact(file, 1)


@pytest.mark.usefixtures("tenants")
def test_self_fold_over_rows_of_other_tenants__takes_no_statement_more(settings, file, foreign):
    use_backend(settings, LEDGER)
    downloaded = [file, *(make_file(file.organization) for _ in range(9))]
    taken = []
    for others in ([], [foreign]):
        for each in (*downloaded[:5], *others, *downloaded[5:]):
            counters.record_download(file=each)
        with tenant(file.organization), CaptureQueriesContext(connection) as statements:
            fold_pending(connection, batch_size=100, wait=True, visible_only=True)
        taken.append(len(statements))

    assert taken[0] == taken[1]
    assert PendingDownload.objects.get().file_public_id == foreign.public_id
    assert read_totals(file).file == 2
    assert counters.verify().findings == []


@pytest.mark.usefixtures("ledger_backend")
def test_file_that_the_role_may_not_change__is_left_in_few_statements(file, foreign):
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(f"CREATE POLICY seen ON {get_file_model()._meta.db_table} FOR SELECT USING (true)")
    bind(get_file_model(), "organization_id", "UPDATE")
    files = [file, *(make_file(file.organization) for _ in range(31))]
    for downloaded in (*files, foreign):
        counters.record_download(file=downloaded)

    with tenant(file.organization), CaptureQueriesContext(connection) as statements:
        assert counters.fold() == 32

    # A half for each halving, not one for each file.
    assert sum("DELETE" in query["sql"] for query in statements) < 16
    assert PendingDownload.objects.get().file_public_id == foreign.public_id
    for each in (files[-1], foreign):
        assert read_totals(each).file == 1
    assert counters.verify().findings == []


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("hidden", ["organization", "file"])
def test_download_of_a_hidden_row__is_added_to_both_totals_or_to_none(file, foreign, hidden):
    if hidden == "file":
        bind(get_file_model(), "organization_id")
    else:
        bind(get_organization_model(), "id")

    with tenant(foreign.organization):
        counters.record_download(file=file)
        counters.fold()

    assert PendingDownload.objects.get().file_public_id == file.public_id
    assert_exact(file, 1)
    assert counters.fold() == 1
    assert_exact(file, 1)


@pytest.mark.usefixtures("backend")
def test_archive_with_a_file_of_a_hidden_organization__is_counted_whole(file, foreign):
    bind(get_organization_model(), "id")

    with tenant(foreign.organization):
        assert len(counters.grant_downloads(all_of(file, foreign), number=2)) == 2
        counters.fold()

    assert PendingDownload.objects.get().file_public_id == file.public_id
    for each in (file, foreign):
        assert_exact(each, 1)


@pytest.mark.usefixtures("backend", "tenants")
def test_withdrawal_by_a_role_that_does_not_see_the_total__changes_nothing(file, foreign, caplog):
    download = counters.record_download(file=file)
    counters.fold()

    with tenant(foreign.organization):
        counters.withdraw_download(download)

    assert "stays counted" in caplog.text
    assert_exact(file, 1)


@pytest.mark.usefixtures("backend", "tenants")
def test_repair_by_a_bound_role__is_refused(file, foreign):
    counters.record_download(file=file)

    with tenant(foreign.organization):
        with pytest.raises(RepairRefused, match=get_file_model()._meta.db_table):
            counters.verify(repair=True)
        report = counters.verify()

    assert report.findings == []
    assert not any("Row-level" in warning for warning in report.warnings)
    assert not Tombstone.objects.exists()
    assert_exact(file, 1)


@pytest.mark.usefixtures("tenants")
@isolate_apps("tests.counters")
def test_rows_of_a_parent__are_a_part_of_those_of_its_children(foreign):
    class Report(get_file_model()):
        class Meta:
            app_label = "tests"

    with tenant(foreign.organization):
        assert hidden_row_models([Report], connection.alias) == [get_file_model()]
