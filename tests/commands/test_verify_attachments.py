"""``org_files_verify --only attachments``: files of objects that are gone."""

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files.models import is_live
from org_files.testing.factories import make_file, make_organization
from tests.attachments.catalog.models import Lesson, Product, Shop, Ticket
from tests.files.rows import rows
from tests.victims import KILLED

VERIFY = ("org_files_verify", "--only=attachments")


@pytest.fixture
def company(db):
    return make_organization()


@pytest.fixture
def shop(company):
    return Shop.objects.create(company=company)


def attach(company, resource, key):
    return make_file(company, resource=resource, resource_id=str(key))


def live_files():
    return {file.pk for file in rows() if is_live(file)}


@pytest.mark.django_db(transaction=True)
def test_process_killed_after_the_commit__leaves_files_that_are_found_and_trashed(
    doomed, company, shop, run
):
    lamp, vase = (Product.objects.create(shop=shop) for _ in range(2))
    ticket = Ticket.objects.create(company=company)
    for product in (lamp, lamp, vase):
        attach(company, "catalog.product", product.pk)
    attach(company, "catalog.ticket", ticket.pk)
    assert run(*VERIFY) == (0, "attachments: 3 objects verified\n")

    models = ["catalog.Product", "catalog.Ticket"]
    assert doomed.run("delete_objects", step="committed", models=models) == KILLED
    assert (Product.objects.count(), len(live_files())) == (0, 4)

    status, written = run(*VERIFY)
    assert status == 1
    assert f"catalog.product {lamp.pk} is gone, and has 2 files\n" in written
    assert "attachments: 3 findings in 3 objects" in written
    status, written = run(*VERIFY, "--repair")
    assert (status, written.count("(moved to the trash)")) == (1, 3)
    # Also those that the deletion would have removed for good.
    assert (rows().count(), live_files()) == (4, set())
    assert run(*VERIFY)[0] == 0


@pytest.mark.django_db
def test_deletion_past_django__is_found(company, shop, run):
    gone, kept = (Product.objects.create(shop=shop) for _ in range(2))
    file = attach(company, "catalog.product", gone.pk)
    left = attach(company, "catalog.product", kept.pk)
    Product.objects.filter(pk=gone.pk)._raw_delete("default")
    assert live_files() == {file.pk, left.pk}

    assert run(*VERIFY, "--repair")[0] == 1
    assert live_files() == {left.pk}


@pytest.mark.django_db
def test_files_of_others__are_no_findings(company, shop, run):
    lesson = Lesson.objects.create(slug="one", company_key=company.pk)
    kept = {
        attach(company, "catalog.product", Product.objects.create(shop=shop).pk).pk,
        # A label that was free when this file was stored.
        attach(company, "catalog.product", "SKU 12").pk,
        attach(company, "catalog.lesson", lesson.pk).pk,
        attach(company, "invoices", 5).pk,
    }
    lesson.delete()

    assert run(*VERIFY, "--repair")[0] == 0
    assert live_files() == kept


@pytest.mark.django_db
def test_object_that_the_database_may_hide__is_not_gone(company, run, monkeypatch):
    attach(company, "catalog.ticket", 1)
    monkeypatch.setattr(
        "org_files.attachments.verification.hidden_row_models", lambda models, using: models
    )
    assert run(*VERIFY) == (0, "attachments: 0 objects verified\n")


@pytest.mark.django_db
def test_many_objects__need_their_number(company, run):
    files = [attach(company, "catalog.ticket", number).pk for number in range(1, 1202)]

    with CaptureQueriesContext(connection) as queries:
        status, written = run(*VERIFY)
    assert (status, len(written.splitlines())) == (1, 1203)
    assert len(queries) < 40
    for options in ((), ("--allow-gone=1200",)):
        with pytest.raises(CommandError, match="add --allow-gone 1201"):
            run("org_files_verify", "--repair", *options)
    assert live_files() == set(files)
    assert run(*VERIFY, "--repair", "--allow-gone=1201")[0] == 1
    assert live_files() == set()
    with pytest.raises(CommandError, match="no effect"):
        run(*VERIFY, "--allow-gone=1")
