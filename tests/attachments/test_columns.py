"""Columns that name one stored file."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import ProtectedError
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.utils import timezone

from org_files import get_file_model
from org_files.attachments import StoredFileField
from org_files.attachments.pending import chosen
from org_files.exceptions import FileInUse
from org_files.files import purge_file, restore_file, trash_file
from org_files.maintenance import run_job
from org_files.testing.factories import make_file, make_stored_file
from tests.attachments.catalog.models import Product
from tests.attachments.conftest import blobs
from tests.pictures.stored import make_picture
from tests.rest.requests import code_of, signed_in

JPEG = b"\xff\xd8"


@pytest.fixture
def manual(product):
    file = make_stored_file(product.shop.company, content=b"Plug it in.")
    Product.objects.update(manual=file)
    return file


@pytest.fixture
def photo(product):
    file = make_picture(product.shop.company)
    Product.objects.update(photo=file)
    return file


def test_file_of_the_column__opens_and_has_urls(manual, photo, organization_member):
    product, client = Product.objects.get(), signed_in(organization_member)

    with product.manual.open() as content:
        assert content.read() == b"Plug it in."
    assert client.get(product.manual.url).getvalue() == b"Plug it in."
    rendition = product.photo.rendition(200)
    assert rendition.height == 200
    assert client.get(rendition.url).getvalue().startswith(JPEG)


def test_file_that_is_trashed_or_expired__reads_as_none_and_stays_in_the_column(manual):
    trash_file(file=manual)
    for products in (
        Product.objects.all(),
        Product.objects.select_related("manual"),
        Product.objects.prefetch_related("manual__organization"),
    ):
        product = products.get()
        assert (product.manual, product.manual_id) == (None, manual.pk)
        product.save()
    restore_file(file=manual)
    assert Product.objects.get().manual == manual
    get_file_model().objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert (Product.objects.get().manual, product.manual_id) == (None, manual.pk)


@pytest.mark.parametrize("method", ["select_related", "prefetch_related"])
def test_files_of_many_rows__are_read_with_them(shop, method):
    for _ in range(3):
        Product.objects.create(shop=shop, manual=make_file(shop.company))

    with CaptureQueriesContext(connection) as queries:
        found = [row.manual.name for row in getattr(Product.objects, method)("manual")]

    assert found == ["report.pdf"] * 3
    assert len(queries) == {"select_related": 1, "prefetch_related": 2}[method]


def test_choices__are_live_files_that_the_policy_shows(product, organization_member, globex):
    company = product.shop.company
    shown, gone, foreign = make_file(company), make_file(company), make_file(globex)
    trash_file(file=gone)
    field = Product._meta.get_field("manual")

    assert list(field.visible_files(organization_member)) == [shown]
    form = modelform_factory(Product, fields=["manual"])()
    assert set(form.fields["manual"].queryset) == {shown, foreign}
    product.manual = gone
    with pytest.raises(ValidationError):
        product.clean_fields(exclude={"name", "shop"})


def test_file_that_a_user_chooses__has_the_organization_of_the_row(shop, globex):
    refusal = partial(ValidationError, "Another company's.")
    ours, foreign, other = (make_file(company) for company in (shop.company, globex, globex))
    row = Product(shop=shop, manual=chosen(foreign, refusal))

    for _ in range(2):
        with pytest.raises(ValidationError), transaction.atomic():
            row.save()
    with pytest.raises(ValidationError):
        row.clean_fields()
    assert not Product.objects.exists()
    row.manual = chosen(ours, refusal)
    row.save()
    # Code of the site decides for itself.
    row.manual = other
    row.save()
    assert Product.objects.get().manual == other


@isolate_apps("org_files")
def test_column_that_would_delete_rows_or_names_another_key__is_an_error():
    class Row(models.Model):
        file = StoredFileField(models.CASCADE)
        other = StoredFileField(to_field="public_id")

        class Meta:
            app_label = "org_files"

    for name in ("file", "other"):
        assert "org_files.E041" in [each.id for each in Row._meta.get_field(name).check()]
    assert Product._meta.get_field("photo").check() == []


@pytest.mark.django_db(transaction=True)
def test_removed_file__empties_the_column(manual):
    purge_file(file=manual)

    assert Product.objects.get().manual_id is None
    assert blobs() == set()


@pytest.mark.django_db(transaction=True)
def test_file_of_a_protected_column__is_not_removed(photo, organization_admin):
    client, stored = signed_in(organization_admin), blobs()

    url = f"/api/files/{photo.public_id}/"
    assert code_of(client.delete(f"{url}?permanent=true")) == (409, "file_in_use")
    assert client.delete(url).status_code == 204
    assert code_of(client.delete(f"{url}?permanent=true")) == (409, "file_in_use")
    with pytest.raises(FileInUse):
        purge_file(file=photo)
    with pytest.raises(ProtectedError):
        photo.delete()
    assert get_file_model().objects.get() == photo
    assert blobs() == stored


@pytest.mark.parametrize(("job", "column"), [("purge", "deleted_at"), ("expire", "expires_at")])
@pytest.mark.django_db(transaction=True)
def test_job__skips_files_of_protected_columns_and_counts_them(photo, manual, job, column):
    long_ago = timezone.now() - timedelta(days=365)
    get_file_model().objects.update(**{column: long_ago})

    counted = run_job(job)

    assert (counted["files"], counted["kept"]) == (1, 1)
    assert get_file_model().objects.get() == photo
    product = Product.objects.get()
    assert (product.manual_id, product.photo_id) == (None, photo.pk)
