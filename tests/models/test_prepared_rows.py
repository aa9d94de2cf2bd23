"""Statements that are compiled once, compared with those of the ORM."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from org_files.db.prepared import first_row, update_rows
from org_files.models import Upload
from org_files.testing.factories import make_organization, make_user

pytestmark = pytest.mark.django_db

LATER = timezone.now() + timedelta(days=1)


@pytest.fixture
def uploads():
    common = {"organization": make_organization(), "owner": make_user(), "expires_at": LATER}
    stored = {"parts": [[1, '"a"', 5]], "id": None}
    return [
        Upload.objects.create(name="a", length=None, stored=stored, **common),
        Upload.objects.create(name="b", length=5, is_complete=True, **common),
    ]


def columns(row):
    return {field.attname: getattr(row, field.attname) for field in Upload._meta.concrete_fields}


@pytest.mark.parametrize(
    "lookups",
    [
        {"length": None},
        {"length": 5},
        {"is_complete": True},
        {"is_complete": False, "expires_at__gt": timezone.now()},
        {"expires_at__gt": LATER},
        {"public_id": None},
        {"name": "%"},
    ],
    ids=",".join,
)
def test_row__is_that_of_the_orm(uploads, lookups):
    for owner in (uploads[0].owner_id, 0):
        condition = Q(owner=owner, **lookups)
        expected = Upload.objects.filter(condition).first()
        found = first_row(Upload, condition)
        assert (found and columns(found)) == (expected and columns(expected))
        assert not (found and found._state.adding)


def test_update__sets_columns_of_the_rows_that_are_meant(uploads):
    changes = {"length": None, "stored": {"a": [1]}, "is_wanted": True, "expires_at": LATER}
    assert update_rows(Upload, Q(pk=uploads[1].pk, length=5), **changes) == 1
    assert update_rows(Upload, Q(pk=uploads[1].pk, length=5), **changes) == 0
    assert update_rows(Upload, Q(length=None), writer=4) == 2
    row = Upload.objects.get(pk=uploads[1].pk)
    assert {name: getattr(row, name) for name in changes} == changes
    assert row.writer == 4
