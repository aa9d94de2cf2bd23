import pytest
from django.core.files.base import ContentFile

from org_files.storage import original_storage
from org_files.testing.factories import make_organization
from tests.attachments.catalog.models import Product, Shop
from tests.files import storages


def upload(content=b"A report.", name="report.txt"):
    return ContentFile(content, name=name)


def names(files):
    return [file.name for file in files]


def blobs():
    return storages.blobs(original_storage())


@pytest.fixture
def globex(db):
    """Another organization than that of the shop."""
    return make_organization("Globex")


@pytest.fixture
def shop(organization):
    return Shop.objects.create(company=organization)


@pytest.fixture
def product(shop):
    return Product.objects.create(shop=shop)
