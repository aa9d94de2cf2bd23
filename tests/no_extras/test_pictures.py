"""Without Pillow a picture is a file like others: nothing breaks, and nothing is promised."""

from base64 import b64decode

import pytest
from django.core.checks import run_checks
from django.core.files.base import ContentFile

from org_files.files import store_file
from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user

pytestmark = [pytest.mark.no_extras, pytest.mark.django_db]

#: A PNG of one pixel.
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNiAAAABgADNjd8qAAAAABJRU5ErkJggg=="
)


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def picture(alice):
    acme = make_organization("Acme")
    join(acme, alice, Role.ADMIN)
    upload = ContentFile(PNG)
    return store_file(organization=acme, owner=alice, upload=upload, name="pixel.png")


def test_picture__comes_in_no_heights(picture, alice, client):
    client.force_login(alice)

    described = client.get(f"/api/files/{picture.public_id}/").json()
    small = client.get(f"/api/files/{picture.public_id}/renditions/200/")

    assert (described["is_picture"], described["renditions"]) == (True, [])
    assert (small.status_code, small.json()["code"]) == (403, "height_not_in_tier")


def test_site__is_told_of_it_before_it_is_deployed():
    found = run_checks(include_deployment_checks=True)

    assert "org_files.W006" in [message.id for message in found]
