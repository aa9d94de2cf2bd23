"""What columns of this package accept."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

__all__ = ["MAX_HEIGHT", "UNCOMPOSED", "validate_heights"]

#: At most so many characters of a text become one in Unicode's forms NFC and NFKC.
UNCOMPOSED = 4

#: Pixels. No picture that is decoded here is higher.
MAX_HEIGHT = 65_500

#: More than these nobody keeps apart; each is a file for every picture.
MAX_HEIGHTS = 20


def validate_heights(value: Any) -> None:
    """Raise ``ValidationError`` for what is no list of different heights in pixels.

    Migrations name this function: it never moves.
    """
    # Not by the code "invalid", whose text a form would replace by its own.
    if not isinstance(value, list) or not all(type(height) is int for height in value):
        raise ValidationError(_("Takes a list of whole numbers, such as [200, 400]."), "list")
    if not all(1 <= height <= MAX_HEIGHT for height in value):
        raise ValidationError(
            _("Takes heights from 1 to %(number)d pixels."), "range", {"number": MAX_HEIGHT}
        )
    if len(set(value)) < len(value) or len(value) > MAX_HEIGHTS:
        raise ValidationError(
            _("Takes each height once, and at most %(number)d of them."),
            "many",
            {"number": MAX_HEIGHTS},
        )
