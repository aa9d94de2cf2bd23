"""Conditions of files in the trash and expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.models import live
from org_files.testing.factories import make_file

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("fields", "lives"),
    [
        ({}, True),
        ({"expires_at": NOW + MOMENT}, True),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW - MOMENT}, False),
        ({"deleted_at": NOW}, False),
        ({"deleted_at": NOW, "expires_at": NOW + MOMENT}, False),
    ],
)
def test_file__lives_until_it_is_trashed_or_expires(fields: dict[str, Any], lives: bool) -> None:
    file = make_file(**fields)

    assert get_file_model()._base_manager.filter(live(NOW), pk=file.pk).exists() is lives


def test_live_without_a_time__is_now() -> None:
    expired = make_file(expires_at=timezone.now() - MOMENT)
    lasting = make_file(expires_at=timezone.now() + timedelta(minutes=1))

    assert set(get_file_model()._base_manager.filter(live())) == {lasting}
    assert expired.pk


@pytest.mark.parametrize(
    ("content_type", "is_picture"),
    [
        ("image/webp", True),
        ("image/svg+xml", False),
    ],
)
def test_picture__is_what_can_be_shown_in_several_heights(
    content_type: str, is_picture: bool
) -> None:
    assert get_file_model()(content_type=content_type).is_picture is is_picture
