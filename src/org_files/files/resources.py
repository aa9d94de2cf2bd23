"""What files may be linked to: what the route of a thing's files can name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from org_files.exceptions import InvalidField

__all__ = ["refuse_unreachable"]

COLUMNS = ("resource", "resource_id")


def refuse_unreachable(values: Mapping[str, Any]) -> None:
    """Raise ``InvalidField`` for a ``resource`` or ``resource_id`` that no path can hold.

    A slash is one however it is encoded, and clients take ``.`` and ``..`` out of a path before
    they send it (RFC 3986 §5.2.4).
    """
    for column in COLUMNS:
        value = str(values.get(column, ""))
        if "/" in value or value in (".", ".."):
            raise InvalidField(column, _("Takes no slash, and is not . or .. alone."))
