import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile

from org_files.storage import original_storage
from org_files.testing.factories import make_organization
from tests.attachments.catalog.models import Product, Shop
from tests.files import storages


def upload(content=b"A report.", name="report.txt"):
    return ContentFile(content, name=name)


def may_change(user, *names):
    """Give ``user`` Django's permission to change the models with these names."""
    codenames = [f"change_{name}" for name in names]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


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
