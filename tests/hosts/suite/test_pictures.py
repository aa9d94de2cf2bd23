"""Pictures and tiers on every host, whatever its models and their keys are."""

import pytest

from org_files import get_organization_model
from org_files.files.verification import verify_store
from org_files.models import Decoding, Rendition
from org_files.testing.factories import subscribe
from tests.hosts.suite.test_host import logged_in, people
from tests.pictures.stored import make_picture

__all__ = ["people"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def test_picture__comes_in_the_heights_of_its_tier_until_it_is_removed(people):
    anna, bela, carl = (logged_in(user) for user in people)
    organization = get_organization_model().objects.get(name="North")
    tier = subscribe(organization, heights=[200], allow_original=False)
    file = make_picture(organization, people[1])
    path = f"/api/files/{file.public_id}/"

    def status(client, end):
        response = client.get(path + end)
        assert response.getvalue()
        return response.status_code

    assert [row["height"] for row in bela.get(path).json()["renditions"]] == [200]
    assert bela.get(f"/api/organizations/{organization.pk}/").json()["tier"] == tier.pk
    assert status(bela, "renditions/200/") == status(anna, "renditions/200/") == 200
    assert status(bela, "renditions/400/") == status(bela, "content/") == 403
    assert status(carl, "renditions/200/") == status(carl, "renditions/400/") == 404
    assert Rendition.objects.get().file == file
    assert verify_store().findings == []

    assert anna.delete(f"{path}?permanent=true").status_code == 204
    assert not Rendition.objects.exists()
    assert not Decoding.objects.exists()
    assert verify_store().findings == []
