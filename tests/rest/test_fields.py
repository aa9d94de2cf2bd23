"""Moments: accepted with a zone, shown in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from rest_framework.exceptions import ValidationError

from org_files.rest.fields import FutureDateTimeField, UTCDateTimeField

FIELD = FutureDateTimeField()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2999-01-31T12:00:00",
        "2999-02-30T12:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "2001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z",
        "9998-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59.999999-23:59",
        "99999-01-01T00:00:00Z",
        1893499200,
        ["2999-01-31T12:00:00Z"],
    ],
)
def test_value_that_is_no_future_moment__is_refused(value):
    with pytest.raises(ValidationError):
        FIELD.run_validation(value)


def test_moment__is_read_with_its_zone_and_shown_in_utc():
    moment = FIELD.run_validation(" 9998-12-31T22:00:00.5+02:00")

    assert moment == datetime(9998, 12, 31, 20, 0, 0, 500_000, tzinfo=UTC)
    shown = UTCDateTimeField().to_representation(moment.astimezone(timezone(timedelta(hours=5))))
    assert shown == "9998-12-31T20:00:00.500000Z"
    assert UTCDateTimeField().to_representation(None) is None
