"""Conditions of files in the trash and expired."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.models import live
from org_files.testing.factories import make_file

MOMENT = timedelta(milliseconds=1)


@pytest.mark.django_db
def test_file__lives_until_it_is_trashed_or_expires():
    now = timezone.now()
    lives = (
        ({}, True),
        ({"expires_at": now + MOMENT}, True),
        ({"expires_at": now}, False),
        ({"deleted_at": now}, False),
        ({"deleted_at": now, "expires_at": now + MOMENT}, False),
    )
    files = [(make_file(**fields), is_live) for fields, is_live in lives]
    lasting = make_file(expires_at=now + timedelta(minutes=1))
    found = get_file_model()._base_manager.filter

    assert set(found(live(now))) == {file for file, is_live in files if is_live} | {lasting}
    # Without a time it is now.
    assert set(found(live())) == {files[0][0], lasting}


def test_picture__is_what_can_be_shown_in_several_heights():
    assert get_file_model()(content_type="image/webp").is_picture is True
    assert get_file_model()(content_type="image/svg+xml").is_picture is False
