"""Validation of tiers."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from org_files.models import Tier
from org_files.testing.factories import make_tier
from org_files.validators import MAX_HEIGHT, validate_heights

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("heights", [[], [1], [400, 200], [MAX_HEIGHT], [*range(1, 21)]])
def test_list_of_different_heights__is_taken(heights):
    validate_heights(heights)
    assert make_tier(heights=heights).sorted_heights == sorted(heights)


@pytest.mark.parametrize(
    "heights",
    ["[200]", {"200": 400}, [0], [MAX_HEIGHT + 1], [200.0], [True], [200, 200], [*range(1, 22)]],
    ids=repr,
)
def test_anything_else__is_refused(heights):
    with pytest.raises(ValidationError):
        validate_heights(heights)
    with pytest.raises(ValidationError) as raised:
        make_tier(heights=heights)
    assert list(raised.value.message_dict) == ["heights"]


@pytest.mark.parametrize("nothing", [None, "", {}], ids=repr)
def test_nothing__is_a_list_of_no_heights(nothing):
    assert make_tier(heights=nothing).heights == []


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"link_min_seconds": 301, "link_max_seconds": 300}, ["link_max_seconds"]),
        ({"link_min_seconds": 0}, ["link_min_seconds"]),
        ({"link_max_seconds": 0}, ["link_max_seconds"]),
        ({"max_file_size": 0}, ["max_file_size"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
    ],
)
def test_numbers_that_make_no_sense__are_refused(fields, at_fault):
    values = {"name": "Odd", "heights": [200]} | fields
    with pytest.raises(ValidationError) as raised:
        Tier(**values).full_clean()

    assert set(at_fault) <= set(raised.value.message_dict)


@pytest.mark.parametrize(
    "fields",
    [
        {"link_min_seconds": 300, "link_max_seconds": 300},
        {"max_file_size": 1},
        {"quota_bytes": 0, "quota_files": 0},
        {"max_file_size": 2**40, "quota_bytes": 2**50},
    ],
)
def test_numbers_at_their_ends__are_taken(fields):
    tier = make_tier(**fields)
    tier.refresh_from_db()

    assert {name: getattr(tier, name) for name in fields} == fields


def test_name_of_another_tier__is_refused():
    make_tier("Gold")

    with pytest.raises(ValidationError) as raised:
        make_tier("Gold")

    assert list(raised.value.message_dict) == ["name"]


def test_tier__says_nothing_more_than_it_was_told():
    tier = Tier.objects.create(name="Plain")

    assert tier.heights == []
    assert not tier.allow_original
    assert not tier.allow_links
    assert not tier.allow_permanent_links
    assert (tier.link_min_seconds, tier.link_max_seconds) == (300, 30_000)
    assert (tier.max_file_size, tier.quota_bytes, tier.quota_files) == (None, None, None)


def test_migration__brings_three_tiers():
    migration = import_module("org_files.migrations.0005_tiers_and_renditions")
    # Tests that empty the tables took away what it made.
    Tier.objects.all().delete()

    migration.add_tiers(apps, SimpleNamespace(connection=connection))

    given = Tier.objects.values_list("name", "heights", "allow_original", "allow_links")
    assert {name: values for name, *values in given} == {
        "Basic": [[200], False, False],
        "Premium": [[200, 400], True, False],
        "Enterprise": [[200, 400], True, True],
    }
    for tier in Tier.objects.all():
        tier.full_clean()
