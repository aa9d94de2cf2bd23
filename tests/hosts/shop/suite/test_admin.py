"""Files of products on their admin pages."""

from unittest.mock import Mock

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files.attachments import AttachmentInline
from org_files.exceptions import QuotaExceeded
from org_files.files import store_file
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.hosts.shop.goods.access import ShopPolicy
from tests.hosts.shop.goods.admin import ProductAdmin
from tests.hosts.shop.goods.models import Product, Store
from tests.hosts.shop.suite.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(seller, product):
    """The admin page of the product, sent by the seller."""
    names = ("view_product", "change_product", "add_product")
    seller.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(seller)
    url = f"/admin/goods/product/{product.pk}/change/"

    def send(**values):
        found = client.get(url)
        formsets = found.context["inline_admin_formsets"]
        body = {"store": product.store_id, "name": product.name, "manual": product.manual_id or ""}
        for each in formsets:
            for form in [each.formset.management_form, *each.formset.initial_forms]:
                values_of = {bound.html_name: bound.value() for bound in form}
                body |= {name: "" if value is None else value for name, value in values_of.items()}
        answer = client.post(url, {**body, **values}, follow=True)
        assert answer.status_code == 200
        return answer

    send.client, send.url = client, url
    return send


PREFIX = "org-files-photos"


@pytest.mark.parametrize(
    ("model", "attribute", "expected"),
    [
        (Product, "photos", []),
        (Product, "fotos", ["goods.Product has no Attachments 'fotos'."]),
        (Store, "attachments", ["goods.Store has no Attachments 'attachments'."]),
    ],
)
def test_inline_of_missing_attachments__is_an_error_of_the_checks(model, attribute, expected):
    class Inline(AttachmentInline):
        pass

    class Page(admin.ModelAdmin):
        inlines = [Inline]

    Inline.attribute = attribute
    found = Page(model, admin.site).check()

    assert [(each.id, each.msg) for each in found] == [
        ("org_files.E042", each) for each in expected
    ]


def test_dropped_photos__are_stored_shown_removed_and_restored(
    page, product, seller, states_of_writes
):
    page(**{f"{PREFIX}-upload": [picture(f"{name}.jpg") for name in ("one", "two", "three")]})
    photos = list(product.photos.all())
    shown = page.client.get(page.url).content.decode()

    assert sorted(file.name for file in photos) == ["one.jpg", "three.jpg", "two.jpg"]
    assert {file.owner for file in photos} == {seller}
    assert all(file.rendition(200).url in shown for file in photos)
    assert "Photos (3)" in shown
    assert "plans (0)" in shown
    # After the transaction of the page.
    assert states_of_writes == [False] * 3

    page(**{f"{PREFIX}-0-DELETE": "on"})
    assert product.photos.count() == 2
    assert f'value="{photos[0].public_id}"' in page.client.get(page.url).content.decode()
    page(**{f"{PREFIX}-restore": str(photos[0].public_id)})
    assert list(product.photos.all()) == photos
    assert product.drawings.count() == 0


def test_new_product__is_saved_with_its_photos(page, product):
    values = {"store": product.store_id, "name": "Chair", "manual": ""}
    for prefix in (PREFIX, "org-files-drawings"):
        values |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    url = "/admin/goods/product/add/"

    assert page.client.get(url).status_code == 200
    page.client.post(url, {**values, f"{PREFIX}-upload": [picture()]})
    assert type(product).objects.get(name="Chair").photos.count() == 1


def test_refused_upload__is_an_error_of_the_form_and_nothing_is_stored(page, product):
    notes = ContentFile(b"Notes.", name="notes.txt")
    answer = page(**{f"{PREFIX}-upload": [picture(), notes]})

    assert "Files of this type are not accepted here." in answer.content.decode()
    assert product.photos.count() == 0
    answer = page(**{f"{PREFIX}-upload": [picture(f"{number}.jpg") for number in range(6)]})
    assert "errornote" in answer.content.decode()
    assert product.photos.count() == 0


def test_manual__is_chosen_among_visible_files_or_uploaded(page, product, seller, rival, acme):
    manual = make_stored_file(acme, seller)
    other = make_stored_file(type(acme).objects.exclude(pk=acme.pk).get(), rival)
    offered = page.client.get(page.url).context["adminform"].form["manual"].field.choices

    assert [key for key, _name in offered if key] == [manual.pk]
    page(manual=manual.pk)
    product.refresh_from_db()
    assert product.manual == manual
    page(manual=other.pk)
    product.refresh_from_db()
    assert product.manual == manual
    page(**{"manual-upload": ContentFile(b"Notes.", name="notes.txt")})
    product.refresh_from_db()
    assert (product.manual.name, product.manual.organization) == ("notes.txt", acme)


def test_stored_files__are_attached_by_ids_and_by_name(page, product, acme, seller):
    files = [make_stored_file(acme, seller, name=f"plan {number}.txt") for number in range(3)]
    shown = page.client.get(page.url).content.decode()
    assert all(f'<option value="{file.public_id}">' in shown for file in files)

    page(**{"org-files-drawings-stored": [str(file.public_id) for file in files[:2]]})
    assert {*product.drawings.all()} == {*files[:2]}
    history = LogEntry.objects.latest("pk").get_change_message()
    assert history.count("Added file") == 2
    page(**{"org-files-drawings-stored": str(files[0].public_id)})
    answer = page(**{"org-files-drawings-search": "plan"})
    assert {*product.drawings.all()} == {*files}
    assert f'<option value="{files[2].public_id}">' not in answer.content.decode()
    answer = page(**{"org-files-drawings-search": "nowhere"})
    assert "No file has this in its name." in answer.content.decode()


def test_stored_file_that_is_refused__is_not_attached(page, product, acme, seller, rival):
    globex = type(acme).objects.exclude(pk=acme.pk).get()
    colleague = make_user("colleague")
    join(acme, colleague)
    other = Product.objects.create(store=product.store, name="Chair")
    attached, elsewhere, notes = (
        other.drawings.add(picture("attached.jpg"), by=seller),
        make_stored_file(make_organization("Initech"), seller),
        make_stored_file(acme, seller),
    )
    refused = {
        "drawings": [
            *(attached, elsewhere),
            make_stored_file(acme, colleague),
            make_stored_file(globex, rival),
        ],
        # Of another type than photos are.
        "photos": [notes],
    }

    for attribute, files in refused.items():
        for file in files:
            answer = page(**{f"org-files-{attribute}-stored": str(file.public_id)})
            assert "errornote" in answer.content.decode(), file
    own = [make_stored_file(acme, seller, name=f"{number}.txt") for number in range(2)]
    answer = page(
        name="", **{"org-files-drawings-stored": [str(file.public_id) for file in own]}
    ).content.decode()
    # Chosen still, in the form that is shown again.
    assert all(f'value="{file.public_id}" checked' in answer for file in own)
    assert product.photos.count() == product.drawings.count() == 0
    assert other.drawings.get() == attached


def test_manual__is_found_by_name_and_named_by_its_public_id(page, product, acme, seller, rival):
    globex = type(acme).objects.exclude(pk=acme.pk).get()
    files = [make_stored_file(acme, seller, name=f"Guide {number}.txt") for number in range(2)]
    make_stored_file(globex, rival, name="Guide 3.txt")

    page(manual=str(files[0].public_id))
    product.refresh_from_db()
    assert product.manual == files[0]
    answer = page(**{"manual-search": "guide"}).content.decode()
    assert "Several files have this in their names" in answer
    assert f'<option value="{files[0].pk}" selected>' in answer
    assert "Guide 3" not in answer
    page(**{"manual-search": "1 GUIDE"})
    product.refresh_from_db()
    assert product.manual == files[1]


def test_upload_for_a_column__is_stored_after_the_transaction(page, product, monkeypatch, acme):
    states = []

    def store(**values):
        states.append(connection.in_atomic_block)
        return store_file(**values)

    monkeypatch.setattr("org_files.files.store_file", store)
    page(**{"manual-upload": ContentFile(b"Notes.", name="notes.txt")})
    product.refresh_from_db()
    assert (product.manual.name, states) == ("notes.txt", [False])

    monkeypatch.setattr("org_files.files.store_file", Mock(side_effect=QuotaExceeded))
    answer = page(**{"manual-upload": ContentFile(b"More.", name="more.txt")})
    product.refresh_from_db()
    assert f"ore.txt: {QuotaExceeded.message}" in answer.content.decode()
    assert product.manual.name == "notes.txt"


def test_page_of_a_product__takes_as_many_queries_for_many_files(page, product, acme, seller):
    def count():
        with CaptureQueriesContext(connection) as queries:
            page.client.get(page.url)
        return len(queries)

    def add(number):
        make_stored_file(acme, seller)
        product.photos.add(picture(f"{number}.jpg"), by=seller)
        product.drawings.add(picture(f"{number}.jpg"), by=seller)

    add(0)
    count()  # Content types are read once.
    few = count()
    for number in range(1, 5):
        add(number)
    assert count() == few


def test_policy__is_asked_once_for_the_files_of_each_inline(page, monkeypatch):
    answer = Mock(return_value=True)
    monkeypatch.setattr(ShopPolicy, "may_change_object", answer)
    page.client.get(page.url)

    asked = [resource for _user, resource, _product in (call.args for call in answer.mock_calls)]
    assert sorted(asked) == ["goods.product.drawings", "goods.product.photos"]


def test_error_of_a_page_that_is_read__is_not_answered_with_the_same_page(page, monkeypatch):
    monkeypatch.setattr(ProductAdmin, "get_object", Mock(side_effect=QuotaExceeded))

    with pytest.raises(QuotaExceeded):
        page.client.get(page.url)


def test_member_of_another_company__sees_no_product_and_no_file(page, product, rival, seller):
    product.photos.add(picture(), by=seller)
    rival.user_permissions.set(seller.user_permissions.all())
    client = Client()
    client.force_login(rival)

    assert client.get(page.url).status_code == 302
    assert client.post(page.url, {f"{PREFIX}-0-DELETE": "on"}).status_code == 302
    assert product.photos.count() == 1
