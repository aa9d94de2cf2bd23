"""Files of an object: added, linked, listed, counted, limited."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.db.models import Prefetch
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import get_file_model
from org_files.attachments.widgets import AttachmentSource
from org_files.exceptions import (
    FileTooLarge,
    InvalidField,
    TooManyAttachments,
    TypeNotAllowed,
)
from org_files.files import change_file, restore_file, restore_files, trash_file
from org_files.models import is_live
from org_files.testing.factories import make_file, make_stored_file
from org_files.testing.threads import at_once
from tests.attachments.catalog.models import (
    MAX_PHOTO_SIZE,
    Lamp,
    Lesson,
    Product,
    Sale,
    Shop,
    Ticket,
)
from tests.attachments.conftest import names, upload
from tests.pictures.stored import photo


@pytest.fixture
def elsewhere(product, organization, globex):
    """Files that are not attached to the product, as little as that may be."""
    now = timezone.now()
    own = {"resource": "catalog.product", "resource_id": str(product.pk)}
    return [
        make_file(globex, **own),
        make_file(organization, **own, deleted_at=now),
        make_file(organization, **own, expires_at=now - timedelta(seconds=1)),
        make_file(organization, **own | {"resource": "Catalog.Product"}),
        make_file(organization, **own | {"resource": "catalog.product.photos"}),
        make_file(organization, **own | {"resource_id": str(product.pk).upper()}),
        make_file(organization, **own | {"resource_id": product.pk.hex}),
        make_file(organization),
    ]


def test_added_file__is_of_the_object_and_its_organization(product, elsewhere, organization_member):
    file = product.attachments.add(upload(), by=organization_member, comment="For the box.")

    assert (file.organization, file.owner) == (product.shop.company, organization_member)
    assert (file.resource, file.resource_id) == ("catalog.product", str(product.pk))
    assert (file.name, file.comment) == ("report.txt", "For the box.")
    assert list(product.attachments.all()) == [file]
    assert file not in product.photos.all()
    assert product.attachments.add(upload(), name="other.txt").owner is None
    assert names(product.attachments.filter(name__startswith="other")) == ["other.txt"]


def test_linked_file__is_attached_until_it_is_unlinked(product, organization, globex):
    file = make_stored_file(organization)
    ticket = Ticket.objects.create(company=organization)

    assert product.attachments.link(file) == file
    assert list(product.attachments.all()) == [file]
    with pytest.raises(type(file).DoesNotExist):
        ticket.attachments.unlink(file)
    ticket.attachments.link(file)
    assert (product.attachments.count(), ticket.attachments.count()) == (0, 1)
    ticket.attachments.remove(file)
    file.refresh_from_db()
    assert (file.resource, file.resource_id, is_live(file)) == ("", "", True)
    with pytest.raises(InvalidField):
        product.attachments.link(make_stored_file(globex))


def test_child_and_proxy__have_the_files_of_the_parent(shop):
    lamp = Lamp.objects.create(shop=shop)
    file = lamp.attachments.add(upload())

    assert file.resource == "catalog.product"
    for model in (Product, Sale):
        assert list(model.objects.get(pk=lamp.pk).attachments.all()) == [file]


def test_prefetch__is_three_queries_for_a_hundred_objects(organization, globex):
    shops = [Shop.objects.create(company=company) for company in (organization, globex)]
    products = Product.objects.bulk_create(Product(shop=shops[n % 2]) for n in range(100))
    for product in products:
        make_file(product.shop.company, resource="catalog.product", resource_id=str(product.pk))
    make_file(globex, resource="catalog.product", resource_id=str(products[0].pk))

    with CaptureQueriesContext(connection) as queries:
        found = {
            product.pk: [(file.resource_id, file.organization_id) for file in files]
            for product in Product.objects.prefetch_related("attachments")
            for files in [product.attachments.all()]
            if product.attachments.count() == 1
        }

    assert found == {each.pk: [(str(each.pk), each.shop.company_id)] for each in products}
    assert len(queries) == 3


def test_prefetch__of_a_queryset_and_to_an_attribute(product):
    for name in ("b.txt", "a.txt", "c.pdf"):
        product.attachments.add(upload(), name=name)
    texts = get_file_model().objects.filter(name__endswith=".txt").order_by("name")

    found = Product.objects.prefetch_related(
        Prefetch("attachments", texts), Prefetch("attachments", texts, to_attr="texts")
    ).get()

    with CaptureQueriesContext(connection) as queries:
        assert names(found.attachments.all()) == names(found.texts) == ["a.txt", "b.txt"]
    assert len(queries) == 0
    found.attachments.add(upload(), name="d.txt")
    assert found.attachments.count() == 4


def test_object_that_is_not_saved__has_no_files(shop):
    for unsaved in (Product(shop=shop), Ticket(company=shop.company)):
        assert unsaved.attachments.count() == 0
        with pytest.raises(ValueError, match="must be saved"):
            unsaved.attachments.add(upload())


def test_row_alone__is_no_file(product):
    with pytest.raises(TypeError):
        product.attachments.create(name="empty")


def test_types_and_sizes__are_limited_where_files_come_in(product, organization):
    note = make_stored_file(organization)
    big = make_file(organization, content_type="image/jpeg", size=MAX_PHOTO_SIZE + 1)

    with pytest.raises(TypeNotAllowed):
        product.photos.add(upload(name="photo.jpg"))
    with pytest.raises(TypeNotAllowed):
        product.photos.link(note)
    with pytest.raises(FileTooLarge):
        product.photos.add(upload(photo() + bytes(MAX_PHOTO_SIZE), "photo.jpg"))
    with pytest.raises(FileTooLarge):
        product.photos.link(big)
    assert product.photos.add(upload(photo(), "photo")).content_type == "image/jpeg"
    lesson = Lesson.objects.create(slug="one", company_key=organization.pk)
    with pytest.raises(TypeNotAllowed):
        change_file(file=lesson.attachments.link(note), name="report.pdf")


def test_number__is_limited_however_files_come_in(product, organization):
    first, *_others = [product.photos.add(upload(photo(), "photo.jpg")) for _ in range(3)]
    spare = make_file(organization, content_type="image/jpeg")
    named = {"resource": first.resource, "resource_id": first.resource_id}

    for come in (
        lambda: product.photos.add(upload(photo(), "photo.jpg")),
        lambda: product.photos.link(spare),
        lambda: change_file(file=spare, **named),
    ):
        with pytest.raises(TooManyAttachments):
            come()
    trash_file(file=first)
    product.photos.link(spare)
    with pytest.raises(TooManyAttachments):
        restore_file(file=first)
    first.refresh_from_db()
    assert not is_live(first)
    assert product.photos.count() == 3

    trash_file(file=spare)
    trashed = get_file_model().objects.exclude(deleted_at=None)
    with pytest.raises(TooManyAttachments):
        restore_files(files=trashed)
    # There was room for one of them.
    assert trashed.count() == 2


@pytest.mark.django_db(transaction=True)
def test_number__is_exact_for_files_that_arrive_at_once(product):
    def add():
        try:
            return product.photos.add(upload(photo(100, 100), "photo.jpg"))
        except TooManyAttachments:
            return None

    assert len(list(filter(None, at_once([add] * 8)))) == 3
    assert product.photos.count() == 3


def test_object_that_is_gone__takes_no_file(product):
    gone = Product.objects.get()
    product.delete()

    with pytest.raises(InvalidField) as raised:
        gone.attachments.add(upload())
    assert raised.value.field == "resource_id"
    assert not get_file_model().objects.exists()


@pytest.mark.parametrize("found", ["Acme", object(), Shop(), [1]])
def test_callable_that_finds_no_organization__is_named(found):
    lesson = Lesson(slug="one", company_key=found)

    with pytest.raises(TypeError, match=r"catalog.Lesson.attachments: its organization is"):
        lesson.attachments.link(get_file_model()())
    with pytest.raises(AttributeError) as failure:
        Lesson.attachments.call(Shop())
    assert failure.value.__notes__ == [
        "The organization of catalog.Shop.attachments was asked for."
    ]


def test_what_is_no_file__is_not_added(product):
    with pytest.raises(TypeError, match="takes an open file, such as a ContentFile, and no bytes"):
        product.attachments.add(b"raw")
    with pytest.raises(InvalidField, match="The name is empty"):
        product.attachments.add(BytesIO(b"raw"))
    assert product.attachments.add(BytesIO(b"raw"), name="raw.txt").size == 3


def test_search_for_files_of_an_object_without_an_organization__names_none():
    lesson = Lesson(slug="one", company_key=None)
    lesson._state.adding = False

    assert AttachmentSource(user=None, obj=lesson, attribute="attachments", name="").searched == ""
