"""Validators of columns."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

__all__ = ["MAX_HEIGHT", "UNCOMPOSED", "validate_heights"]

#: The most characters of a text that Unicode's forms NFC and NFKC compose to one.
UNCOMPOSED = 4

#: Pixels. Higher pictures are not decoded.
MAX_HEIGHT = 65_500

#: Each height is a file for every picture.
MAX_HEIGHTS = 20


def validate_heights(value: Any) -> None:
    """Raise ``ValidationError`` unless ``value`` is a list of different heights in pixels.

    Migrations name this function: it never moves.
    """
    # A form would replace the text of the code "invalid" by its own.
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
