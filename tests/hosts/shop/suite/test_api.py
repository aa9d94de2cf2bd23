"""Files of products in the site's own API."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from rest_framework.authentication import SessionAuthentication
from rest_framework.test import APIClient

from org_files import get_file_model
from org_files.storage import original_storage
from org_files.testing.factories import join, make_organization, make_stored_file
from tests.files.storages import blobs
from tests.hosts.shop.goods.api import ProductViewSet
from tests.hosts.shop.goods.models import Product, Store
from tests.hosts.shop.suite.conftest import picture
from tests.rest.openapi.contract import generate

UUID = {"type": "string", "format": "uuid"}


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def url(product):
    return f"/shop/products/{product.pk}/attachments/"


def test_attachments_of_a_product__are_uploaded_listed_and_removed(seller, product, url):
    client = client_of(seller)

    created = client.post(url, {"file": picture(), "comment": "From the front."})
    answer = client.get(url)
    listed = answer.json()
    removed = client.delete(f"{url}{created.json()['id']}/")

    assert created.status_code == 201, created.content
    assert created.json()["resource"] == "goods.product.photos"
    assert created.json()["comment"] == "From the front."
    assert created.json()["organization"]["id"] == str(product.store.company_id)
    assert (listed["count"], listed["results"]) == (1, [created.json()])
    assert (listed["count_is"], answer["Cache-Control"]) == ("exact", "private, no-store")
    assert removed.status_code == 204
    assert client.get(url).json()["count"] == 0
    assert get_file_model().objects.get().deleted_at is not None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=2", 404),
        ("page=0", 404),
        ("page=\uff11", 404),
        ("page_size=0", 400),
        ("page_size=x", 400),
        ("name=front.jpg", 400),
        ("cursor=", 400),
    ],
)
def test_parameter_of_no_page__is_refused_as_in_the_packages_api(seller, url, query, status):
    answer = client_of(seller).get(f"{url}?{query}")

    assert answer.status_code == status, answer.content


def test_anonymous_request__is_answered_with_a_challenge(monkeypatch, product, seller, url):
    file = product.photos.add(picture(), by=seller)
    # DRF asks the first class alone, and this one has no challenge.
    monkeypatch.setattr(ProductViewSet, "authentication_classes", [SessionAuthentication])

    client = APIClient()
    answers = [client.get(url), client.post(url), client.delete(f"{url}{file.public_id}/")]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (401, "not_authenticated")
    ] * 3
    assert all(each["WWW-Authenticate"] for each in answers)
    # The site's own answers stay as they are.
    assert client.get("/shop/products/").status_code == 403


def test_another_company__finds_neither_product_nor_files(seller, rival, product, url):
    file = product.photos.add(picture(), by=seller)

    answers = [
        client_of(rival).get(url),
        client_of(rival).post(url, {"file": picture()}),
        client_of(rival).delete(f"{url}{file.public_id}/"),
        client_of(seller).delete(f"{url}{make_stored_file(file.organization).public_id}/"),
        client_of(seller).delete(f"{url}nonsense/"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["code"] for answer in answers} == {"not_found"}
    assert list(product.photos.all()) == [file]


def test_permissions_of_the_site__narrow_the_policy(seller, product, url):
    file = product.photos.add(picture(), by=seller)
    Product.objects.update(name="Archived")

    answers = [
        client_of(seller).post(url, {"file": picture()}),
        client_of(seller).delete(f"{url}{file.public_id}/"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert client_of(seller).get(url).json()["count"] == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, None),
        ({"file": ContentFile(b"Notes.", name="notes.txt")}, 415, "type_not_allowed"),
        ({"other": picture()}, 400, None),
    ],
)
def test_refused_upload__has_the_error_of_the_api(seller, url, body, status, code):
    if body.get("file"):
        body["file"].seek(0)
    answer = client_of(seller).post(url, body)

    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.content


def test_wrong_name_of_attachments__is_named_for_each_method(seller, product, url, monkeypatch):
    monkeypatch.setattr(ProductViewSet, "attachments_attribute", "fotos")
    client, message = client_of(seller), "ProductViewSet.attachments_attribute: goods.Product has"

    with pytest.raises(ImproperlyConfigured, match=message):
        client.get(url)
    with pytest.raises(ImproperlyConfigured, match=message):
        client.post(url, {"file": picture()})


def test_compressed_body__is_refused(seller, url):
    answer = client_of(seller).post(url, {"file": picture()}, headers={"Content-Encoding": "gzip"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert not get_file_model().objects.exists()


def test_manual__is_an_id_that_the_user_may_see_or_an_upload(seller, acme, product):
    client, url = client_of(seller), f"/shop/products/{product.pk}/"
    manual, foreign = make_stored_file(acme, seller), make_organization("Initech")
    join(foreign, seller)
    elsewhere = make_stored_file(foreign, seller)
    unseen = make_stored_file(make_organization("Globex"))

    chosen = client.patch(url, {"manual": str(manual.public_id)})
    uploaded = client.patch(url, {"manual": picture("manual.jpg")}, format="multipart")
    refused = [
        client.patch(url, {"manual": text})
        for text in (str(elsewhere.public_id), str(unseen.public_id), "nonsense")
    ]

    assert chosen.json()["manual"]["id"] == str(manual.public_id)
    assert uploaded.json()["manual"]["name"] == "manual.jpg"
    assert uploaded.json()["manual"]["content_url"].startswith("http://testserver/api/files/")
    product.refresh_from_db()
    assert (product.manual.owner, product.manual.organization_id) == (seller, acme.pk)
    assert [answer.status_code for answer in refused] == [400, 400, 400]
    assert refused[0].json() == refused[1].json() == refused[2].json()
    assert client.patch(url, {"manual": None}, format="json").json()["manual"] is None


@pytest.mark.parametrize(
    "limits",
    [
        {"content_type__startswith": "image/"},
        # What is known once the file is stored.
        Q(content_type__startswith="image/", organization__name="Acme"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_upload_that_the_column_does_not_take__is_refused(seller, product, limits, monkeypatch):
    column = Product._meta.get_field("manual").remote_field
    monkeypatch.setattr(column, "limit_choices_to", limits)
    client, url = client_of(seller), f"/shop/products/{product.pk}/"
    notes = ContentFile(b"Notes.", name="notes.txt")

    refused = client.patch(url, {"manual": notes}, format="multipart")

    error = {"manual": ["This field does not take such a file."]}
    assert (refused.status_code, refused.json()) == (400, error)
    assert not get_file_model().objects.exists()
    assert blobs(original_storage()) == set()
    taken = client.patch(url, {"manual": picture("manual.jpg")}, format="multipart")
    assert taken.json()["manual"]["name"] == "manual.jpg"


def test_object_that_was_read__is_written_as_it_is(seller, acme, product):
    product.manual = make_stored_file(acme, seller)
    product.save()
    client, url = client_of(seller), f"/shop/products/{product.pk}/"

    answer = client.put(url, client.get(url).json(), format="json")

    assert (answer.status_code, answer.json()["manual"]["id"]) == (
        200,
        str(product.manual.public_id),
    )
    for value in ({}, {"id": 1}, {"id": None}, []):
        assert client.patch(url, {"manual": value}, format="json").status_code == 400


def test_form_of_the_browsable_api__leaves_the_file(seller, acme, product, monkeypatch):
    product.manual = make_stored_file(acme, seller)
    product.save()
    client, url = client_of(seller), f"/shop/products/{product.pk}/"
    shown = client.get(url, headers={"Accept": "text/html"}).content.decode()

    assert re.search('<input name="manual"[^>]* type="file"', shown)
    # A browser sends no file then.
    body = {"store": str(product.store_id), "name": "Lamp"}
    answer = client.put(url, body, format="multipart")
    assert answer.json()["manual"]["id"] == str(product.manual.public_id)


# An error while a row is saved ends the transaction around it.
@pytest.mark.django_db(transaction=True)
def test_manual_of_another_company__is_refused_for_a_new_product_and_a_moved_one(
    seller, acme, product
):
    foreign = make_organization("Initech")
    join(foreign, seller)
    there = Store.objects.create(company=foreign)
    ours, theirs = (make_stored_file(company, seller) for company in (acme, foreign))
    client = client_of(seller)

    def send(method, url, store, manual):
        body = {"store": str(store.pk), "name": "Desk", "manual": str(manual.public_id)}
        answer = getattr(client, method)(url, body)
        return answer.status_code, answer.json()

    refused = (400, {"manual": ["There is no such file."]})
    assert send("post", "/shop/products/", product.store, theirs) == refused
    assert send("put", f"/shop/products/{product.pk}/", there, ours) == refused
    assert list(Product.objects.values_list("name", "store", "manual")) == [
        ("Lamp", product.store.pk, None)
    ]
    status, made = send("post", "/shop/products/", there, theirs)
    assert (status, made["manual"]["id"]) == (201, str(theirs.public_id))


def test_list_of_100_products__reads_their_files_in_a_constant_number_of_queries(seller, product):
    store = product.store
    products = [Product(store=store, name=f"Lamp {number}") for number in range(99)]
    Product.objects.bulk_create(products)
    for each in products[:3]:
        each.photos.add(picture(), by=seller)
    client = client_of(seller)

    with CaptureQueriesContext(connection) as queries:
        rows = client.get("/shop/products/").json()

    shown = [len(row["photos"]) for row in rows]
    assert (len(rows), sum(shown)) == (100, 3)
    assert len(queries) == 3, [query["sql"] for query in queries]


def test_description_of_the_api__has_the_attachments():
    schema = generate()
    paths, components = schema["paths"], schema["components"]["schemas"]

    listed = paths["/shop/products/{id}/attachments/"]
    assert {*listed} == {"get", "post"}
    [(media_type, taken)] = listed["post"]["requestBody"]["content"].items()
    assert media_type == "multipart/form-data"
    assert taken["schema"] == reference("OrgFilesAttachmentUpload")
    assert {*listed["post"]["responses"]} >= {"201", "400", "403", "413", "415"}
    page = listed["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page == reference("OrgFilesAttachmentPage")
    removal = paths["/shop/products/{id}/attachments/{file_id}/"]
    assert {*removal} == {"delete"}
    assert [each["schema"] for each in removal["delete"]["parameters"]] == [UUID, UUID]
    # The site's own names are those that it has without the package.
    assert {name for name in components if not name.startswith("OrgFiles")} == {
        "Product",
        "PatchedProduct",
    }


@pytest.mark.parametrize(
    ("changes", "read", "written"),
    [
        ({"COMPONENT_SPLIT_REQUEST": True}, "Product", "ProductRequest"),
        # One component, of which readers take the first and writers the others.
        ({}, "Product", "PatchedProduct"),
    ],
)
def test_description_of_the_fields__is_what_is_read_and_what_is_written(changes, read, written):
    schema = generate(**changes)
    components = schema["components"]["schemas"]
    short, null = reference("OrgFilesAttachedFile"), {"type": "null"}
    upload = {"type": "string", "format": "binary"}

    shown = components[read]["properties"]
    assert shown["photos"] == {"type": "array", "items": short, "readOnly": True}
    if changes:
        assert shown["manual"] == {"oneOf": [short, null]}
        assert "photos" not in components[written]["properties"]
    else:
        assert shown["manual"] == {"anyOf": [short, UUID, upload, null]}
    assert components[written]["properties"]["manual"] == {"anyOf": [UUID, upload, null]}
