"""The guard of labels: who attaches files to an object, and detaches them, by the API."""

import json
import uuid
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from org_files import get_file_model
from org_files.files.attaching import Resource
from org_files.models import Role, Upload, Usage
from org_files.testing.factories import join, make_file, make_user
from tests.attachments.catalog.models import Lesson, Product, Ticket
from tests.attachments.conftest import may_change, upload
from tests.pictures.stored import photo
from tests.rest.requests import code_of, signed_in
from tests.uploads.conftest import Api, encoded

REFUSED = (403, "resource_not_yours")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def editor(organization):
    """A member of the product's company who may change products."""
    user = make_user("editor")
    join(organization, user)
    return may_change(user, "product")


@pytest.fixture
def mallory(globex):
    """An admin of another company, whose permissions are those of the editor."""
    user = make_user("mallory")
    join(globex, user, Role.ADMIN)
    return may_change(user, "product")


@pytest.fixture
def unchanged(db):
    """Afterwards no file, session or usage differs."""

    def state():
        return [
            sorted(model._base_manager.values_list(*columns))
            for model, columns in (
                (get_file_model(), ("pk", "resource", "resource_id", "name")),
                (Upload, ("pk",)),
                (Usage, ("pk", "bytes_stored", "bytes_reserved", "file_count", "files_reserved")),
            )
        ]

    before = state()
    yield
    assert state() == before


def by_form(user, **labels):
    body = {"file": SimpleUploadedFile("a.txt", b"A file."), **labels}
    return signed_in(user).post("/api/files/", body)


def by_tus(user, **labels):
    metadata = encoded(filename="a.txt", **labels)
    return Api(signed_in(user)).tus(
        "POST", "uploads/", b"A file.", Upload_Length=7, Upload_Metadata=metadata
    )


def by_draft(user, **labels):
    path = f"files/?{urlencode({'name': 'a.txt', **labels})}"
    return Api(signed_in(user)).draft("POST", path, b"A file.", Upload_Complete="?1")


def by_parts(user, **labels):
    body = {"name": "a.txt", "size": 7, "method": "parts", **labels}
    return signed_in(user).post("/api/uploads/", json.dumps(body), "application/json")


def by_patch(user, **labels):
    """Change the newest file, which is the user's own."""
    file = get_file_model().objects.filter(owner=user).latest("pk")
    url = f"/api/files/{file.public_id}/"
    return signed_in(user).patch(url, json.dumps(labels), "application/json")


WAYS = (by_form, by_tus, by_draft, by_parts, by_patch)


def label_of(thing):
    return {"resource": f"catalog.{thing._meta.model_name}", "resource_id": str(thing.pk)}


@pytest.fixture
def own_files(editor, mallory, organization, globex):
    """A file of each, which names nothing."""
    return make_file(organization, editor), make_file(globex, mallory)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("own_files")
def test_foreign_object__is_refused_like_a_missing_one(way, product, mallory, unchanged):
    answers = [
        way(mallory, resource="catalog.product", resource_id=str(key))
        for key in (product.pk, uuid.uuid4(), "1", product.pk.hex, str(product.pk).upper(), "")
    ]

    assert {code_of(answer) for answer in answers} == {REFUSED}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("own_files")
def test_member_of_the_company__needs_the_permission(way, product, editor):
    member = make_user("member")
    join(product.shop.company, member)
    make_file(product.shop.company, member)

    assert code_of(way(member, **label_of(product))) == REFUSED
    assert product.attachments.count() == 0
    allowed = way(editor, **label_of(product))
    if way is by_parts:  # The local storage takes none, which is the next thing asked.
        assert code_of(allowed) == (409, "no_direct_upload")
    else:
        assert allowed.status_code in (200, 201), allowed.content
        assert product.attachments.get().owner == editor


#: Texts that a database, a parser or a person may take for the label and the key of the product.
DISGUISES = {
    "upper case": (str.upper, str),
    "title": ("Catalog.Product".format, str),
    "blank before": (" {}".format, " {}".format),
    "blank behind": ("{} ".format, "{} ".format),
    "no-break space": ("{}\u00a0".format, "{}\u2003".format),
    "line break": ("{}\n".format, "{}\r\n".format),
    "invisible": ("{}\u200b".format, "\ufeff{}".format),
    "wide": (lambda text: text.replace(".", "\uff0e"), str),
    "wide key": (str, lambda key: key.translate({48 + n: 0xFF10 + n for n in range(10)})),
    "accent": ("{}\u0301".format, str),
    "upper key": (str, str.upper),
    "key without dashes": (str, lambda key: key.replace("-", "")),
    "urn": (str, "urn:uuid:{}".format),
    "braces": (str, "{{{}}}".format),
    "wildcard": (str, lambda key: "%"),
    "child": (lambda text: "catalog.lamp", str),
    "proxy": (lambda text: "catalog.sale", str),
    "table": (lambda text: "catalog_product", str),
    "of a name": ("{}.photos".format, str),
    "of no name": ("{}.".format, str),
    "zero": ("{}\0".format, "{}\0".format),
}


@pytest.mark.parametrize("way", [way for way in WAYS if way is not by_parts])
def test_label_in_disguise__attaches_nothing(way, product):
    member = make_user("member")
    join(product.shop.company, member)
    make_file(product.shop.company, member)

    for name, (label, key) in DISGUISES.items():
        answer = way(member, resource=label("catalog.product"), resource_id=key(str(product.pk)))
        assert answer.status_code < 500, name
        fetched = Product.objects.prefetch_related("attachments", "photos").get()
        for files in (product.attachments, product.photos, fetched.attachments, fetched.photos):
            assert list(files.all()) == [], name
    for resource in ("catalog.product", "catalog.product.photos"):
        listed = signed_in(member).get(f"/api/resources/{resource}/{product.pk}/files/")
        assert listed.json()["results"] == []


def test_label_in_two_parts__is_refused_when_they_meet(product, editor):
    """Neither half names an object, nor does a null, a list or a second value."""
    member = make_user("member")
    join(product.shop.company, member)
    make_file(product.shop.company, member)
    label, key = label_of(product).values()
    client = signed_in(member)

    assert code_of(by_patch(member, resource=label)) == REFUSED
    assert by_patch(member, resource_id=key).status_code == 200
    assert code_of(by_patch(member, resource=label)) == REFUSED
    for values in ({"resource": None}, {"resource": [label]}, {"resource": {"": label}}):
        assert by_patch(member, **values).status_code == 400
    url = f"/api/files/{get_file_model().objects.get().public_id}/"
    body = json.dumps(label_of(product))
    assert client.put(url, body, "application/json").status_code == 405
    # Of two values in a form, the last counts, and is the one that is asked about.
    twice = f"resource=note&resource={label}&resource_id=1&resource_id={key}"
    assert code_of(client.patch(url, twice, FORM)) == REFUSED
    assert client.patch(url, f"resource={label}&resource=note", FORM).status_code == 200
    both = json.dumps({"resource": "note"})[:-1] + f', "resource": "{label}"' + "}"
    assert code_of(client.patch(url, both, "application/json")) == REFUSED
    assert product.attachments.count() == 0


@pytest.mark.parametrize("role", ["former member", "viewer", "member of both"])
def test_member_of_another_company__neither_changes_nor_clears_a_label(
    role, product, mallory, globex
):
    """Their own file of the product; they may change products, as they could when it was theirs."""
    company, ticket = product.shop.company, Ticket.objects.create(company=globex)
    file = product.attachments.add(upload(), by=mallory)
    if role != "former member":
        join(company, mallory, Role.VIEWER if role == "viewer" else Role.MEMBER)
    if role == "member of both":
        mallory.user_permissions.clear()
    may_change(mallory, "ticket")

    expected = {
        "former member": (404, "not_found"),
        "viewer": (403, "permission_denied"),
        "member of both": REFUSED,
    }
    unchanged_label = Resource.of(file)
    for change in (
        {"resource": ""},
        {"resource_id": ""},
        {"resource": "", "resource_id": ""},
        {"resource": "note"},
        {"resource_id": str(uuid.uuid4())},
        label_of(ticket),
    ):
        assert code_of(by_patch(mallory, **change)) == expected[role], change
    file.refresh_from_db()
    assert Resource.of(file) == unchanged_label


def test_label__is_changed_and_cleared_by_those_who_may_change_the_object(product, editor, globex):
    company = product.shop.company
    owner, ticket = make_user("owner"), Ticket.objects.create(company=company)
    join(company, owner)
    file = product.attachments.add(upload(), by=owner)

    for change in ({"resource": ""}, {"resource_id": "2"}, {"resource": "note"}, label_of(ticket)):
        assert code_of(by_patch(owner, **change)) == REFUSED
    # What stays as it is needs no right, nor do other fields.
    assert by_patch(owner, **label_of(product), comment="Mine.").status_code == 200
    may_change(owner, "product")
    assert code_of(by_patch(owner, **label_of(ticket))) == REFUSED
    assert code_of(by_patch(owner, **label_of(Ticket.objects.create(company=globex)))) == REFUSED
    may_change(owner, "ticket")
    assert by_patch(owner, **label_of(ticket)).status_code == 200
    assert by_patch(owner, resource="", resource_id="").status_code == 200
    file.refresh_from_db()
    assert (file.resource, file.comment) == ("", "Mine.")


def test_label_of_a_deleted_object__is_cleared_by_those_who_may_change_the_file(
    organization, globex, monkeypatch
):
    owner, lesson = make_user("owner"), Lesson.objects.create(slug="1", company_key=organization.pk)
    join(organization, owner)
    may_change(owner, "ticket")
    ticket = Ticket.objects.create(company=organization)
    file = lesson.attachments.add(upload(), by=owner)
    lesson.delete()

    for change in ({"resource_id": "2"}, {"resource": "note"}, label_of(ticket)):
        assert code_of(by_patch(owner, **change)) == REFUSED
    with monkeypatch.context() as patch:
        hidden = "org_files.access.resources.hidden_row_models"
        patch.setattr(hidden, lambda models, using: models)
        assert code_of(by_patch(owner, resource="")) == REFUSED
    # Another company's object is there, although it is not the file's any more.
    other = Lesson.objects.create(slug="1", company_key=globex.pk)
    assert code_of(by_patch(owner, resource="")) == REFUSED
    other.delete()
    assert by_patch(owner, resource="", resource_id="").status_code == 200
    file.refresh_from_db()
    assert Resource.of(file) == ("", "")


def test_labels_that_no_model_has__are_free(mallory):
    for resource in ("note", "catalog", "Catalog.Product", "catalog.product.drawings"):
        response = by_form(mallory, resource=resource, resource_id="1")
        assert response.status_code == 201, response.content
        assert by_patch(mallory, resource="other").status_code == 200


def test_operator__attaches_what_belongs_together_and_detaches_anything(product, operator, globex):
    assert code_of(by_form(operator, organization=globex.pk, **label_of(product))) == REFUSED
    response = by_form(operator, organization=product.shop.company_id, **label_of(product))
    assert response.status_code == 201, response.content
    lesson = Lesson.objects.create(slug="one", company_key=product.shop.company_id)
    file = lesson.attachments.link(product.attachments.get())
    lesson.delete()

    url = f"/api/files/{file.public_id}/"
    response = signed_in(operator).patch(url, json.dumps({"resource": ""}), "application/json")

    assert response.status_code == 200, response.content


def test_permission_that_is_lost_meanwhile__ends_the_upload(product, editor):
    api = Api(signed_in(editor))
    path = api.create(7, Upload_Metadata=encoded(filename="a.txt", **label_of(product)))
    editor.user_permissions.clear()

    assert code_of(api.append(path, 0, b"A file.")) == REFUSED
    assert not Upload.objects.exists()
    assert not get_file_model().objects.exists()
    assert Usage.objects.get().files_reserved == 0


def test_limits__hold_for_uploads_by_the_api(product, editor):
    labels = {"resource": "catalog.product.photos", "resource_id": str(product.pk)}
    assert code_of(by_form(editor, **labels)) == (415, "type_not_allowed")
    assert code_of(by_tus(editor, **labels)) == (415, "type_not_allowed")
    long = Api(signed_in(editor)).tus(
        "POST", "uploads/", Upload_Length=500_001, Upload_Metadata=encoded(**labels)
    )
    assert code_of(long) == (413, "file_too_large")
    for _ in range(3):
        product.photos.add(upload(photo(), "photo.jpg"))
    full = signed_in(editor).post(
        "/api/files/", {"file": SimpleUploadedFile("photo.jpg", photo()), **labels}
    )
    assert code_of(full) == (413, "too_many_attachments")
    assert code_of(by_tus(editor, **labels)) == (413, "too_many_attachments")
    assert not Upload.objects.exists()


def test_label_that_changes_meanwhile__is_not_overwritten(product, editor, monkeypatch):
    file = make_file(product.shop.company, editor)
    check = Resource.refuse_unfit

    def link_first(self, **values):
        get_file_model().objects.filter(pk=file.pk).update(resource="note", resource_id="1")
        return check(self, **values)

    monkeypatch.setattr(Resource, "refuse_unfit", link_first)
    assert code_of(by_patch(editor, **label_of(product))) == (409, "conflict")
    file.refresh_from_db()
    assert file.resource == "note"
