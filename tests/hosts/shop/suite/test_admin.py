"""Files of products on their admin pages."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client

from org_files.testing.factories import make_stored_file
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


def test_dropped_photos__are_stored_shown_removed_and_restored(page, product, seller):
    page(**{f"{PREFIX}-upload": [picture(f"{name}.jpg") for name in ("one", "two", "three")]})
    photos = list(product.photos.all())
    shown = page.client.get(page.url).content.decode()

    assert sorted(file.name for file in photos) == ["one.jpg", "three.jpg", "two.jpg"]
    assert {file.owner for file in photos} == {seller}
    assert all(file.rendition(200).url in shown for file in photos)
    assert "Photos (3)" in shown

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


def test_member_of_another_company__sees_no_product_and_no_file(page, product, rival, seller):
    product.photos.add(picture(), by=seller)
    rival.user_permissions.set(seller.user_permissions.all())
    client = Client()
    client.force_login(rival)

    assert client.get(page.url).status_code == 302
    assert client.post(page.url, {f"{PREFIX}-0-DELETE": "on"}).status_code == 302
    assert product.photos.count() == 1
