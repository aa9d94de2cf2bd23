"""What lists show with every row has a length."""

import pytest
from rest_framework.test import APIClient

from org_files.testing.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("length", "status"), [(10_000, 201), (10_001, 400)])
def test_description__has_a_length(length, status):
    client = APIClient()
    client.force_authenticate(make_user())
    body = {"name": "Acme", "description": "x" * length}

    response = client.post("/api/organizations/", body, format="json")

    assert response.status_code == status
    assert status == 201 or list(response.json()) == ["description"]
