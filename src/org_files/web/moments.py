"""Times in forms, whose fields have no zone."""

from contextlib import suppress
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def with_zone(text: str) -> str:
    """Return the text of a ``datetime-local`` field with the current zone, other texts as is."""
    with suppress(ValueError, OverflowError):
        moment = parse_datetime(text)
        if moment is not None and timezone.is_naive(moment):
            return timezone.make_aware(moment).isoformat()
    return text


def start_of_day(text: str, *, days: int = 0) -> datetime | None:
    """Return the first moment of a day, or of one ``days`` later; ``None`` for other texts."""
    with suppress(ValueError, OverflowError):
        if day := parse_date(text):
            first = day + timedelta(days=days)
            return datetime.combine(first, time.min, timezone.get_current_timezone())
    return None
