import pytest
from django.core.files.storage import storages

from org_files.models import Role
from org_files.testing.factories import join, make_user
from tests.rest.requests import signed_in

BACKEND = "storages.backends.s3.S3Storage"


@pytest.fixture
def store(s3_server, settings):
    """The storage of the site: an empty bucket."""
    entry = {"BACKEND": BACKEND, "OPTIONS": s3_server.options()}
    settings.STORAGES = settings.STORAGES | {"org_files": entry}
    return storages["org_files"]


@pytest.fixture
def keys(store):
    """Return the keys of all objects but those that name owners."""
    return lambda: sorted(
        each.key for each in store.bucket.objects.all() if not each.key.startswith(".")
    )


@pytest.fixture
def user(organization):
    return join(organization, make_user("grace"), Role.ADMIN).user


@pytest.fixture
def client(user):
    return signed_in(user)


@pytest.fixture
def down(store, monkeypatch):
    """A function after which nothing answers at the address of the store."""

    def end():
        store.connection.meta.client.meta.events.register_first("before-send.s3", refuse)

    return end


def refuse(**kwargs):
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
