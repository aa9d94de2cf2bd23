"""Attachments of objects that are deleted."""

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from org_files import get_file_model
from org_files.files import purge_files
from org_files.models import is_live
from org_files.signals import file_trashed
from org_files.testing.factories import make_file
from tests.attachments.catalog.models import Lamp, Lesson, Product, Sale, Shop, Ticket
from tests.attachments.conftest import blobs, upload

pytestmark = pytest.mark.django_db(transaction=True)


class RolledBack(Exception):
    pass


def delete_and_roll_back(rows):
    with transaction.atomic():
        rows.delete()
        raise RolledBack


def attach(*products):
    """Insert a file of each product, as a test has no time to store them."""
    model = get_file_model()
    for product in products:
        make_file(product.shop.company, resource="catalog.product", resource_id=str(product.pk))
    return set(model.objects.values_list("pk", flat=True))


def trashed():
    return set(get_file_model().objects.exclude(deleted_at=None).values_list("pk", flat=True))


def test_thousand_objects_in_one_call__trash_exactly_their_files(shop, globex):
    model, shops = get_file_model(), [shop, Shop.objects.create(company=globex)]
    products = [Product(shop=shops[number % 2]) for number in range(1000)]
    Product.objects.bulk_create(products)
    kept = Product.objects.create(shop=shop, name="Kept")
    model.objects.bulk_create(
        model(
            organization_id=company,
            name="a.txt",
            content=f"{number}-{company}",
            size=1,
            resource="catalog.product",
            resource_id=str(product.pk),
        )
        for number, product in enumerate([*products, kept])
        # Of the product's company, and of another one that cannot be its.
        for company in (shop.company_id, globex.pk)
    )
    companies = {str(each.pk): each.shop.company_id for each in products}
    own = {
        file.pk
        for file in model.objects.all()
        if companies.get(file.resource_id) == file.organization_id
    }
    announced = []

    def listen(file, **kwargs):
        announced.append(file.pk)

    file_trashed.connect(listen)
    try:
        with CaptureQueriesContext(connection) as queries:
            Product.objects.exclude(pk=kept.pk).delete()
    finally:
        file_trashed.disconnect(listen)

    assert len(own) == 1000
    assert trashed() == own
    assert sorted(announced) == sorted(own)
    # Django's own for a thousand rows, and for each batch of files a few.
    assert len(queries) < 70


def test_rolled_back_deletion__trashes_nothing(shop):
    products = [Product.objects.create(shop=shop) for _ in range(3)]
    attach(*products)

    with pytest.raises(RolledBack):
        delete_and_roll_back(Product.objects.all())
    assert trashed() == set()

    with transaction.atomic():
        with pytest.raises(RolledBack):
            delete_and_roll_back(Product.objects.filter(pk=products[0].pk))
        Product.objects.filter(pk=products[1].pk).delete()
    gone = get_file_model().objects.filter(resource_id=str(products[1].pk))
    assert trashed() == {file.pk for file in gone}


@pytest.mark.parametrize("model", [Product, Sale, Lamp])
def test_each_way_to_delete_a_row__trashes_its_files(shop, model):
    other = Shop.objects.create(company=shop.company)
    one, by_queryset, by_cascade = (model.objects.create(shop=at) for at in (shop, shop, other))
    files = attach(one, by_queryset, by_cascade)

    one.delete()
    model.objects.only("name").filter(pk=by_queryset.pk).delete()
    other.delete()

    assert trashed() == files


def test_company__goes_with_its_objects_once_it_has_no_files(product):
    files, company = attach(product), product.shop.company

    with pytest.raises(ProtectedError):
        company.delete()
    assert (Product.objects.count(), trashed()) == (1, set())

    purge_files(files=get_file_model().objects.filter(pk__in=files))
    company.delete()
    assert Product.objects.count() == 0


def test_key_that_is_used_again_in_the_transaction__keeps_its_files(product):
    attach(product)

    with transaction.atomic():
        Product.objects.all().delete()
        Product.objects.create(pk=product.pk, shop=product.shop)

    assert trashed() == set()


def test_purge__removes_bytes_and_what_is_in_the_trash(organization, globex):
    ticket, other = (Ticket.objects.create(company=company) for company in (organization, globex))
    for content in (b"1", b"2"):
        file = ticket.attachments.add(upload(content))
    get_file_model().objects.filter(pk=file.pk).update(deleted_at=file.created_at)
    left = other.attachments.add(upload(b"3"))

    ticket.delete()

    assert list(get_file_model().objects.all()) == [left]
    assert len(blobs()) == 1


def test_purge_of_many_objects__waits_for_the_commit(organization):
    tickets = [Ticket.objects.create(company=organization) for _ in range(3)]
    for ticket in tickets:
        ticket.attachments.add(upload(b"1"))

    with pytest.raises(RolledBack):
        delete_and_roll_back(Ticket.objects.all())
    assert (get_file_model().objects.count(), len(blobs())) == (3, 3)

    Ticket.objects.all().delete()
    assert (get_file_model().objects.count(), len(blobs())) == (0, 0)


def test_purge__is_the_trash_where_the_database_may_hide_objects(organization, monkeypatch):
    monkeypatch.setattr(
        "org_files.attachments.deletion.hidden_row_models", lambda models, using: models
    )
    ticket = Ticket.objects.create(company=organization)
    file = ticket.attachments.add(upload(b"1"))

    ticket.delete()

    file.refresh_from_db()
    assert file.deleted_at
    assert len(blobs()) == 1


def test_keep__leaves_files_and_lets_django_delete_by_one_statement(organization):
    lesson = Lesson.objects.create(slug="one", company_key=organization.pk)
    file = lesson.attachments.add(upload())

    with CaptureQueriesContext(connection) as queries:
        Lesson.objects.all().delete()

    assert [query["sql"] for query in queries if "SELECT" in query["sql"]] == []
    file.refresh_from_db()
    assert (is_live(file), file.resource_id) == (True, "one")


def test_purge__moves_a_file_of_a_protected_column_to_the_trash(product):
    ticket = Ticket.objects.create(company=product.shop.company)
    kept, gone = (ticket.attachments.add(upload()) for _each in range(2))
    Product.objects.update(photo=kept)

    ticket.delete()

    assert not get_file_model().objects.filter(pk=gone.pk).exists()
    assert trashed() == {kept.pk}
    product = Product.objects.get()
    assert (product.photo, product.photo_id) == (None, kept.pk)
