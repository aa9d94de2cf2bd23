"""An import from one bucket to another: the store copies, and the site reads what it has then."""

import json
from hashlib import sha256
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from org_files.testing.factories import make_organization
from tests.commands.depot.models import Product
from tests.files.rows import rows
from tests.s3.conftest import BACKEND

pytestmark = [pytest.mark.s3, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def old(store, s3_server, settings):
    """The bucket of the site's own files."""
    entry = {"BACKEND": BACKEND, "OPTIONS": s3_server.options() | {"location": "media"}}
    settings.STORAGES = settings.STORAGES | {"default": entry}
    return storages["default"]


def imported(*arguments):
    written = StringIO()
    command = ("org_files_import", "--model=depot.Product", "--field=manual", "--json")
    call_command(*command, *arguments, stdout=written)
    return json.loads(written.getvalue())


def test_files_of_a_bucket__are_copied_by_the_store(store, keys, old):
    company = make_organization()
    for number in range(3):
        product = Product(company=company)
        product.manual.save("Manual.txt", ContentFile(b"manual %d" % number))
    names = set(Product.objects.values_list("manual", flat=True))
    asked = []
    for storage in (storages["org_files"], old):
        events = storage.connection.meta.client.meta.events
        events.register("before-call.s3", lambda model, **_: asked.append(model.name))

    assert imported()["imported"] == 3
    assert asked.count("CopyObject") == 3
    # Those that name the owner of the bucket.
    assert asked.count("PutObject") == 2
    assert sorted(rows().values_list("content", flat=True)) == keys()
    for file in rows():
        with file.content.open() as content:
            assert sha256(content.read()).hexdigest() == file.sha256
        assert store.bucket.Object(file.content.name).content_type == "application/octet-stream"
    assert all(old.exists(name) for name in names)

    report = imported("--delete")
    assert (report["there"], report["emptied"], report["deleted"]) == (3, 3, 3)
    assert [*old.bucket.objects.all()] == []
    assert len(keys()) == 3
