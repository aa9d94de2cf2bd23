"""Rows that are shown without REST framework's fields, compared with what these show."""

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as site_time
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIRequestFactory

from org_files import counters, get_file_model
from org_files.models import Download, Subscription, Tier
from org_files.rest.serializers import DownloadSerializer, FileSerializer
from org_files.testing.factories import make_file, make_organization, make_user

NAMES = ("a.txt", "Übergröße — 日本.png", '"quoted" <b> \\ \u2028.pdf', "🎵.jpg")
ZONES = (UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11)))


class FieldsOfFiles(FileSerializer):
    """A subclass, which REST framework shows."""


class FieldsOfDownloads(DownloadSerializer):
    """A subclass, which REST framework shows."""


@pytest.fixture
def chosen():
    return random.Random(15)


@pytest.fixture
def files(db, chosen):
    """Rows that differ in each column: with totals, of two organizations, of three owners."""
    organizations = [make_organization(name) for name in NAMES[:2]]
    tier = Tier.objects.create(name="small", heights=[400, 100])
    Subscription.objects.create(organization=organizations[0], tier=tier)
    owners = [None, make_user("ada"), make_user("zoë", first_name="Zoë", last_name="Ω")]

    def moment():
        micros = chosen.choice([0, 1, 999_999])
        return datetime(2026, chosen.randint(1, 12), 1, 23, 59, 0, micros, chosen.choice(ZONES))

    for _ in range(60):
        make_file(
            chosen.choice(organizations),
            chosen.choice(owners),
            name=chosen.choice(NAMES),
            comment=chosen.choice(["", "línea\r\n\t\x7f", "x" * 500]),
            resource=chosen.choice(["", "case"]),
            content_type=chosen.choice(["image/png", "image/jpeg", "text/plain"]),
            size=chosen.choice([0, 2**40]),
            is_public=chosen.random() < 0.5,
            expires_at=chosen.choice([None, moment()]),
            deleted_at=chosen.choice([None, moment()]),
            created_at=moment(),
            folded_download_count=chosen.choice([0, 2**31]),
            folded_last_downloaded_at=chosen.choice([None, moment()]),
        )
    return get_file_model().objects.select_related("organization", "owner")


def _both(serializer, subclass, rows):
    """Return the JSON of the rows by the serializer, and by the fields of a subclass."""
    context = {"request": APIRequestFactory().get("/")}
    return [
        JSONRenderer().render(cls(rows, many=True, context=context).data)
        for cls in (serializer, subclass)
    ]


def test_files_are_shown_as_their_fields_show_them(files):
    with site_time.override("Asia/Kathmandu"):
        own, by_fields = _both(FileSerializer, FieldsOfFiles, list(counters.with_totals(files)))
    assert own == by_fields
    assert own.count(b'"height":100') > 5


def test_downloads_are_shown_as_their_fields_show_them(files, chosen):
    rows = []
    for file in files:
        row = Download(
            pk=file.pk,
            file_public_id=file.public_id,
            organization=chosen.choice([None, file.organization]),
            user=file.owner,
            downloaded_at=file.created_at,
        )
        if chosen.random() < 0.5:
            row.file_name = chosen.choice([None, file.name])
        if row.organization and chosen.random() < 0.5:
            row.organization.shown_name = file.name
        rows.append(row)
    own, by_fields = _both(DownloadSerializer, FieldsOfDownloads, rows)
    assert own == by_fields


def test_keys_without_a_value_and_removed_fields_are_left_out(files):
    """A row without totals, and a serializer that a site has changed."""
    context = {"request": APIRequestFactory().get("/")}
    changed = FileSerializer(files[0], context=context)
    changed.fields.pop("sha256")
    assert "download_count" not in FileSerializer(files[0], context=context).data
    assert "sha256" not in changed.data
    assert changed.data.keys() <= FileSerializer(files[0], context=context).data.keys()
