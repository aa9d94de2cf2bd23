import pytest
from django.core.files.base import ContentFile
from django.db import connection

from org_files.files import services
from org_files.storage.blobs import write_blob
from org_files.testing.factories import join, make_organization, make_user
from tests.hosts.shop.goods.models import Product, Store
from tests.pictures.stored import photo


def picture(name="front.jpg"):
    return ContentFile(photo(), name=name)


@pytest.fixture
def states_of_writes(monkeypatch):
    """A list that gets, for each blob, whether a transaction was open while it was written."""
    states = []

    def write(*values):
        states.append(connection.in_atomic_block)
        return write_blob(*values)

    monkeypatch.setattr(services, "write_blob", write)
    return states


@pytest.fixture
def acme(db):
    return make_organization("Acme")


@pytest.fixture
def seller(acme):
    """A member of the company, who may use the admin."""
    return _member(acme, "seller")


@pytest.fixture
def rival(db):
    """The same of another company."""
    return _member(make_organization("Globex"), "rival")


def _member(company, name):
    user = make_user(name, is_staff=True)
    join(company, user)
    return user


@pytest.fixture
def product(acme):
    return Product.objects.create(store=Store.objects.create(company=acme), name="Lamp")
