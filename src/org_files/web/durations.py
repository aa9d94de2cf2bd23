"""How long links last: choices of forms, and texts."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from org_files.links import LinkBounds

MINUTE, HOUR, DAY = 60, 3600, 86_400

#: Seconds that forms offer, as far as a tier allows them.
OFFERED = (5 * MINUTE, HOUR, 8 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)

#: Units of a number that is typed, and their seconds.
UNITS = {MINUTE: _("minutes"), HOUR: _("hours"), DAY: _("days"), 1: _("seconds")}

_TEXTS: dict[int, Callable[[int], str]] = {
    DAY: lambda number: ngettext("%(number)d day", "%(number)d days", number),
    HOUR: lambda number: ngettext("%(number)d hour", "%(number)d hours", number),
    MINUTE: lambda number: ngettext("%(number)d minute", "%(number)d minutes", number),
    1: lambda number: ngettext("%(number)d second", "%(number)d seconds", number),
}


def duration(seconds: int) -> str:
    """Return ``seconds`` in the two largest units that they have, such as "8 hours 20 minutes"."""
    parts, left = [], seconds
    for size, text in _TEXTS.items():
        number, left = divmod(left, size)
        if number:
            parts.append(text(number) % {"number": number})
    return " ".join(parts[:2]) or _TEXTS[1](0) % {"number": 0}


def offered(bounds: LinkBounds) -> list[int]:
    """Return the seconds to choose from, the longest link that is allowed if no others fit."""
    longest = bounds.longest
    found = [
        seconds
        for seconds in OFFERED
        if bounds.shortest <= seconds and (longest is None or seconds <= longest)
    ]
    return found or ([] if longest is None else [longest])


def usual(choices: list[int]) -> Any:
    """Return the choice that a new form has: a day, or the nearest below it."""
    return max((each for each in choices if each <= DAY), default=next(iter(choices), None))


def bounds_text(bounds: LinkBounds) -> str:
    """Return the sentence that tells the limits of a tier, empty if there are none."""
    if bounds.longest is not None:
        values = {"shortest": duration(bounds.shortest), "longest": duration(bounds.longest)}
        return str(_("Between %(shortest)s and %(longest)s.") % values)
    return ""
