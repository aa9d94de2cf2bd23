"""Who sees an object sees its files: in lists, downloads, links, renditions and tickets."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from org_files import counters, get_file_model
from org_files.access import OpenPolicy, ResourcePolicy, get_policy, list_parts
from org_files.links import token_of
from org_files.models import Download, Membership, Role
from org_files.testing.factories import join, make_file, make_link, make_stored_file, make_user
from tests.attachments.catalog.models import Lesson, Product, Ticket
from tests.pictures.stored import make_picture
from tests.rest.requests import code_of, signed_in

SHOP = "tests.attachments.catalog.access.ShopPolicy"


@pytest.fixture(autouse=True)
def _policy(settings):
    settings.ORG_FILES = {"POLICY": {"BACKEND": SHOP}}


@pytest.fixture
def people(organization, globex):
    """A member of the company, an editor of it, and a customer."""
    member, editor, customer = make_user("member"), make_user("editor"), make_user("customer")
    type(editor).objects.filter(pk=editor.pk).update(first_name="Editor")
    editor.refresh_from_db()
    for user, company in ((member, organization), (editor, organization), (customer, globex)):
        join(company, user)
    return {"member": member, "editor": editor, "customer": customer}


@pytest.fixture
def files(shop, people, organization, globex):
    """Pictures of a product, a secret one and none, and files that only seem to be attached."""
    products = [Product.objects.create(shop=shop, is_secret=secret) for secret in (False, True)]
    owner, resource = people["member"], "catalog.product"
    shown, secret = (
        make_picture(organization, owner, resource=resource, resource_id=str(product.pk))
        for product in products
    )
    key = str(products[0].pk)
    return {
        "shown": shown,
        "secret": secret,
        "unlabelled": make_stored_file(organization, owner),
        "of another company": make_file(globex, resource=resource, resource_id=key),
        "of no key": make_file(organization, owner, resource=resource, resource_id="x"),
        "of another key": make_file(organization, owner, resource=resource, resource_id=f"{key}\n"),
        "other label": make_file(organization, resource="Catalog.Product", resource_id=key),
    }


SEEN = {
    "member": {"shown", "unlabelled", "other label"},
    "editor": {"shown", "secret", "unlabelled", "other label"},
    "customer": {"shown"},
}


@pytest.mark.parametrize("role", SEEN)
def test_those_who_see_the_object__see_its_files_everywhere(role, files, people):
    client = signed_in(people[role])

    listed = {row["id"] for row in client.get("/api/files/").json()["results"]}

    assert {name for name, file in files.items() if str(file.public_id) in listed} == SEEN[role]
    for name in ("shown", "secret"):
        url = f"/api/files/{files[name].public_id}/"
        expected = 200 if name in SEEN[role] else 404
        assert client.get(url).status_code == expected
        for path in ("content/", "renditions/200/"):
            response = client.get(url + path)
            response.getvalue()
            assert response.status_code == expected
        assert client.post(f"{url}ticket/").status_code == expected
        of_object = f"/api/resources/catalog.product/{files[name].resource_id}/files/"
        assert client.get(of_object).json()["count"] == len({name} & SEEN[role])


def test_link_and_ticket__open_while_their_user_sees_the_object(files, people, client):
    link = make_link(files["shown"], people["member"])
    ticket = signed_in(people["member"]).post(f"/api/files/{files['shown'].public_id}/ticket/")
    urls = [f"/api/shared/{token_of(link)}/", ticket.json()["url"]]

    def statuses():
        responses = [client.get(url) for url in urls]
        return [(response.getvalue(), response.status_code)[1] for response in responses]

    assert statuses() == [200, 200]
    Product.objects.update(is_secret=True)
    assert statuses() == [404, 404]


@pytest.mark.parametrize("policy", [SHOP, "tests.attachments.catalog.access.PersonalShopPolicy"])
def test_integer_keys_and_labels_of_the_policy_alone(policy, settings, organization, globex):
    settings.ORG_FILES = {"POLICY": {"BACKEND": policy}}
    admin, stranger = make_user("admin"), make_user("stranger")
    join(organization, admin, Role.ADMIN)
    join(globex, stranger, Role.ADMIN)
    ticket = Ticket.objects.create(company=organization)
    file = make_file(globex, stranger, resource="ticket", resource_id=str(ticket.pk))
    for key in (f"0{ticket.pk}", f"{ticket.pk}x", f"{ticket.pk}\n", "9" * 30, "", "-"):
        make_file(globex, stranger, resource="ticket", resource_id=key)
    other = make_file(globex, stranger)

    assert list(get_policy().listed_files(admin)) == [file]
    assert list(get_policy().listed_files(stranger)) == [other]
    signed_in(stranger).patch(
        f"/api/files/{other.public_id}/",
        json.dumps({"resource": "ticket", "resource_id": str(ticket.pk)}),
        "application/json",
    )
    other.refresh_from_db()
    assert other.resource == ""


@pytest.mark.postgresql
@pytest.mark.parametrize("role", SEEN)
@pytest.mark.parametrize("paging", ["cursor=&page_size=1", "page_size=1"])
def test_list_that_is_read_in_parts__has_the_same_files(role, paging, files, people, globex):
    policy, user = get_policy(), people[role]
    make_file(globex, is_public=True)
    make_file(globex, people["customer"])
    listed = policy.listed_files(user).order_by("-created_at")
    parts = list_parts(policy, user, few=2)

    found = [file.pk for part in parts for file in listed.filter(part)]
    assert sorted(found) == sorted(listed.values_list("pk", flat=True))
    assert len(parts) == 3
    assert list_parts(policy, user, few=0) == []
    url, ids = f"/api/files/?{paging}", []
    while url:
        page = signed_in(user).get(url).json()
        ids += [row["id"] for row in page["results"]]
        url = page["next"]
    assert ids == [str(file.public_id) for file in listed]


def test_download_and_list__are_one_statement_of_the_policy(files, people):
    customer = people["customer"]
    with CaptureQueriesContext(connection) as queries:
        assert list(get_policy().listed_files(customer)) == [files["shown"]]
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        signed_in(customer).get(f"/api/files/{files['shown'].public_id}/content/").getvalue()
    asking = [query["sql"] for query in queries if "catalog_product" in query["sql"]]
    assert len(asking) == 1
    assert Download.objects.get().user == customer


def test_downloads_of_others__are_seen_by_those_who_see_the_object(files, people, organization):
    admin, editor = make_user("admin"), people["editor"]
    for user in (admin, editor):
        Membership.objects.update_or_create(
            user=user, organization=organization, defaults={"role": Role.ADMIN}
        )
    for name in ("shown", "secret", "unlabelled"):
        counters.record_download(file=files[name], user=people["member"])
    counters.record_download(file=files["secret"], user=admin)
    path = f"organizations/{organization.pk}/downloads/"

    def log(user, path=path):
        page = signed_in(user).get(f"/api/{path}").json()
        assert page["count"] == len(page["results"])
        found = {each.public_id: name for name, each in files.items()}
        rows = [
            (found[uuid.UUID(row["file"]["id"])], row["file"]["name"]) for row in page["results"]
        ]
        return [(key, name and "named") for key, name in rows]

    seen = [("unlabelled", "named"), ("secret", "named"), ("shown", "named")]
    assert log(editor) == [("secret", "named"), *seen]
    # One's own downloads stay, without the name of what one does not see.
    assert log(admin) == [("secret", None), seen[0], seen[2]]
    assert log(admin, "downloads/") == [("secret", None)]
    assert log(admin, f"users/{people['member'].pk}/downloads/") == [seen[0], seen[2]]
    with CaptureQueriesContext(connection) as queries:
        assert get_policy().visible_downloads(admin).count() == 3
    assert len(queries) == 1

    for name in ("secret", "unlabelled"):
        files[name].delete()
    removed = [("secret", "named"), ("unlabelled", None), ("secret", "named"), seen[2]]
    assert log(admin) == removed
    assert log(people["member"], "downloads/") == seen


def test_those_whom_the_policy_lets_change_the_object__attach_files(shop, people, files):
    lamp, desk = (Product.objects.create(shop=shop, name=name) for name in ("Lamp", "Desk"))
    url = f"/api/files/{files['unlabelled'].public_id}/"
    client = signed_in(people["member"])

    def attach(product):
        body = {"resource": "catalog.product", "resource_id": str(product.pk)}
        return client.patch(url, json.dumps(body), "application/json")

    assert code_of(attach(desk)) == (403, "resource_not_yours")
    assert attach(lamp).status_code == 200
    # Nobody else decides, now that they may not see it.
    Product.objects.update(is_secret=True)
    assert client.get(url).status_code == 404


def test_open_library__lists_everything_but_hidden_objects(files, people):
    class Open(ResourcePolicy, OpenPolicy):
        resources = {"catalog.product": lambda user: Product.objects.filter(is_secret=False)}

    listed = set(Open().listed_files(people["customer"]))

    assert listed == {files[name] for name in ("shown", "unlabelled", "other label")}


def test_keys_of_text__are_compared_exactly(organization, people):
    class Lessons(ResourcePolicy, OpenPolicy):
        resources = {"catalog.lesson": lambda user: Lesson.objects.filter(slug="one")}

    for key in ("one", "two"):
        Lesson.objects.create(slug=key, company_key=organization.pk)
    for key in ("one", "ONE", "two"):
        make_file(organization, resource="catalog.lesson", resource_id=key)

    seen = get_file_model().objects.filter(Lessons().readable_files(people["customer"]))

    assert [file.resource_id for file in seen] == ["one"]
