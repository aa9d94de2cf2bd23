"""Times in forms, whose fields have no zone."""

from contextlib import suppress
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

NO_OFFSET = timedelta()


def with_zone(text: str) -> str:
    """Return the text of a ``datetime-local`` field with the current zone, other texts as is."""
    with suppress(ValueError, OverflowError):
        moment = parse_datetime(text)
        if moment is not None and timezone.is_naive(moment):
            return timezone.make_aware(moment).isoformat()
    return text


def start_of_day(text: str, *, offset: timedelta = NO_OFFSET) -> datetime | None:
    """Return the first moment of a day plus ``offset``, as clocks show it.

    ``None`` for other texts, and for a moment before the year 1 or after 9999.
    """
    with suppress(ValueError, OverflowError):
        if day := parse_date(text):
            moment = datetime.combine(day, time.min) + offset
            return moment.replace(tzinfo=timezone.get_current_timezone())
    return None
