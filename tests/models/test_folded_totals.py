"""Saving a model never puts back totals that were counted since it was read."""

import pytest
from django.utils import timezone

from org_files import counters, get_file_model
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


def download(file):
    counters.record_download(file=file)
    counters.fold()


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
    download(make_file(organization))
    some.save()


def save_again_and_validate(organization):
    organization.save()
    download(make_file(organization))
    organization.full_clean()
    organization.save()
    assert isinstance(organization.folded_download_count, int)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (save, 2),
        (save_some, 2),
        (update_in_bulk, 2),
        (update_or_create, 2),
        (save_what_was_not_deferred, 3),
        (save_again_and_validate, 3),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_stale_instance__loses_no_count(write, expected):
    stale = make_organization()
    file = make_file(stale)
    for _ in range(2):
        download(file)
    assert stale.folded_download_count == 0

    write(stale)

    for field in ("folded_download_count", "folded_last_downloaded_at"):
        stale.refresh_from_db(fields=[field])
    assert stale.folded_download_count == expected
    assert stale.folded_last_downloaded_at is not None
    assert counters.verify().findings == []


def test_file_read_before_a_fold__loses_no_download():
    stale = make_file()
    download(stale)

    stale.save()

    assert get_file_model()._base_manager.get(pk=stale.pk).folded_download_count == 1
