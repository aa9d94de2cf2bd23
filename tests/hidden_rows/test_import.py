"""org_files_import --delete where this connection does not see every row: nothing is removed."""

from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from org_files.testing.factories import make_organization
from tests.commands.depot.models import Product
from tests.files.storages import blobs
from tests.hidden_rows.conftest import ROLE, connected, execute


def run(*options):
    """Import the manuals of products."""
    command = ("org_files_import", "--model=depot.Product", "--field=manual", "--json")
    call_command(*command, *options, stdout=StringIO(), stderr=StringIO())


def make_products():
    for _ in range(2):
        product = Product(company=make_organization())
        product.manual.save("manual.txt", ContentFile(b"A manual."))


def test_row_that_a_policy_hides__may_name_an_old_file(database, store):
    with connected(database):
        make_products()
        execute("ALTER TABLE depot_product ENABLE ROW LEVEL SECURITY")
    before = blobs(storages["default"])

    with connected(database, role=ROLE):
        run()
        with pytest.raises(CommandError, match="Row-level security may hide rows of depot_product"):
            run("--delete")

    assert blobs(storages["default"]) == before
    with connected(database):
        run("--delete")
        assert blobs(storages["default"]) == set()


@pytest.mark.parametrize("place", ["copy", "schema"])
def test_copy_of_a_database__leaves_the_old_files_to_it(database, store, copy, place):
    with connected(database):
        make_products()
        run()
        if place == "schema":
            for table in ("org_files_organization", "depot_product", "org_files_file"):
                execute(f"INSERT INTO two.{table} SELECT * FROM one.{table}")
    name, schema = (copy(database), "one") if place == "copy" else (database, "two")
    before = blobs(storages["default"])

    with connected(name, schema=schema):
        with pytest.raises(CommandError, match="belongs to database"):
            run("--delete")
        assert set(Product.objects.values_list("manual", flat=True)) == before

    assert blobs(storages["default"]) == before
