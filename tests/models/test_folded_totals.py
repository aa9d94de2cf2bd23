"""Saving a model never puts back totals that were counted since it was read."""

import pytest
from django.db import models
from django.utils import timezone

from org_files import counters
from org_files.models import Organization
from org_files.testing.factories import make_file, make_organization

pytestmark = pytest.mark.django_db


def test_new_row__takes_the_values_it_is_made_with():
    at = timezone.now().replace(microsecond=0)
    organization = Organization(
        pk=2**40, name="Moved here", folded_download_count=7, folded_last_downloaded_at=at
    )
    organization.save()

    organization.refresh_from_db()
    assert organization.folded_download_count == 7
    assert organization.folded_last_downloaded_at == at


def folded(organization):
    """Return the stored total."""
    return Organization.objects.values_list("folded_download_count", flat=True).get(
        pk=organization.pk
    )


@pytest.fixture
def stale():
    """An organization read before two downloads of its file were folded."""
    organization = make_organization()
    file = make_file(organization)
    for _ in range(2):
        counters.record_download(file=file)
    counters.fold()
    assert (organization.folded_download_count, folded(organization)) == (0, 2)
    return organization


def save(organization):
    organization.save()


def save_some(organization):
    organization.save(update_fields=["name", "folded_download_count", "folded_last_downloaded_at"])


def update_in_bulk(organization):
    Organization.objects.bulk_update([organization], ["name", "description"])


def update_or_create(organization):
    Organization.objects.update_or_create(pk=organization.pk, defaults={"name": "Renamed"})


def save_what_was_not_deferred(organization):
    some = Organization.objects.only("name", "folded_download_count").get(pk=organization.pk)
    counters.record_download(file=make_file(organization))
    counters.fold()
    some.save()


def save_twice(organization):
    organization.save()
    counters.record_download(file=make_file(organization))
    counters.fold()
    organization.save()


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (save, 2),
        (save_some, 2),
        (update_in_bulk, 2),
        (update_or_create, 2),
        (save_what_was_not_deferred, 3),
        (save_twice, 3),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_stale_instance__loses_no_count(stale, write, expected):
    write(stale)

    assert folded(stale) == expected
    assert Organization.objects.get(pk=stale.pk).folded_last_downloaded_at is not None
    assert counters.verify().findings == []


def test_saved_instance__has_the_count_of_the_database_once_it_is_refreshed(stale):
    stale.save()
    assert isinstance(stale.folded_download_count, int)

    stale.refresh_from_db()
    assert stale.folded_download_count == 2
    stale.refresh_from_db(fields=["folded_last_downloaded_at"])
    assert stale.folded_last_downloaded_at is not None


def test_saved_instance__is_valid_still(stale):
    stale.save()
    stale.full_clean()
    stale.save()

    assert folded(stale) == 2


def test_file_read_before_a_fold__loses_no_download():
    stale = make_file()
    counters.record_download(file=stale)
    counters.fold()

    stale.save()

    stale.refresh_from_db()
    assert stale.folded_download_count == 1


def test_migrations__see_a_plain_column():
    field = Organization._meta.get_field("folded_download_count")

    assert field.deconstruct()[1] == "django.db.models.PositiveBigIntegerField"
    assert isinstance(field, models.PositiveBigIntegerField)
