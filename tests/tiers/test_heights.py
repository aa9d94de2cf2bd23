"""Heights of a picture, and whether the original is served, by its current tier."""

import pytest
from django.db.models import ProtectedError

from org_files import get_file_model, get_organization_model
from org_files.exceptions import ConfigurationError
from org_files.testing.factories import make_file, make_organization, subscribe
from org_files.tiers import (
    TIER,
    allows_original,
    heights_of,
    original_allowed,
    tier_of_file,
    tier_of_organization,
)

pytestmark = pytest.mark.django_db


def picture_of(organization):
    """Return a picture as a request finds it."""
    pk = make_file(organization, name="a.jpg", content_type="image/jpeg").pk
    return get_file_model()._base_manager.select_related(TIER).get(pk=pk)


def test_organization_without_tier__has_the_heights_of_the_site(organization, settings):
    file = picture_of(organization)

    assert list(heights_of(file)) == [200, 400]
    settings.ORG_FILES = {"HEIGHTS": [800, 100, 100]}
    assert list(heights_of(file)) == [100, 800]
    settings.ORG_FILES = {"HEIGHTS": []}
    assert list(heights_of(file)) == []


@pytest.mark.parametrize("heights", ["200", [0], [True]])
def test_heights_of_the_site_that_make_no_sense__are_refused(organization, settings, heights):
    settings.ORG_FILES = {"HEIGHTS": heights}

    with pytest.raises(ConfigurationError, match="HEIGHTS"):
        heights_of(picture_of(organization))


@pytest.mark.parametrize(("heights", "expected"), [([1000, 60, 300], [60, 300, 1000]), ([], [])])
def test_heights_of_the_tier__are_those_of_its_pictures(organization, settings, heights, expected):
    settings.ORG_FILES = {"HEIGHTS": [77]}
    subscribe(organization, heights=heights)

    assert list(heights_of(picture_of(organization))) == expected


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/plain"])
def test_file_that_is_no_picture__has_no_heights_and_is_given_whole(organization, content_type):
    subscribe(organization, allow_original=False)
    file = make_file(organization, content_type=content_type)

    assert not file.is_picture
    assert list(heights_of(file)) == []
    assert allows_original(file)


def test_tier__is_its_organizations_alone(organization):
    other = make_organization("Globex")
    tier = subscribe(organization, heights=[50])

    assert tier_of_file(picture_of(organization)) == tier
    assert tier_of_organization(organization.pk) == tier
    assert tier_of_file(picture_of(other)) is None
    assert tier_of_organization(other.pk) is None


def test_tier_that_was_joined__costs_no_query(organization, django_assert_num_queries):
    with_tier, without = picture_of(organization), picture_of(make_organization())
    subscribe(organization)
    with_tier = picture_of(organization)

    with django_assert_num_queries(0):
        assert list(heights_of(with_tier)) == list(heights_of(without)) == [200, 400]
        assert allows_original(with_tier)


@pytest.mark.parametrize("allow_original", [None, False, True])
@pytest.mark.parametrize("content_type", ["image/png", "image/svg+xml"])
def test_condition_in_a_query__says_the_same_as_the_rule(
    organization, allow_original, content_type
):
    if allow_original is not None:
        subscribe(organization, allow_original=allow_original)
    file = make_file(organization, content_type=content_type)

    found = get_file_model()._base_manager.filter(original_allowed(), pk=file.pk).exists()

    assert found == allows_original(file) == (allow_original is not False or not file.is_picture)


def test_subscription_that_is_removed__leaves_the_organization_to_the_site(organization):
    tier = subscribe(organization, heights=[50], allow_original=False)
    assert not allows_original(picture_of(organization))

    tier.subscriptions.all().delete()

    file = picture_of(get_organization_model()._base_manager.get(pk=organization.pk))
    assert list(heights_of(file)) == [200, 400]
    assert allows_original(file)


def test_tier_in_use__cannot_be_removed(organization):
    tier = subscribe(organization)

    with pytest.raises(ProtectedError):
        tier.delete()
    organization.delete()
    tier.delete()
