"""Rules for the resource that a file is linked to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from org_files.exceptions import InvalidField

__all__ = ["refuse_unreachable"]

COLUMNS = ("resource", "resource_id")


def refuse_unreachable(values: Mapping[str, Any]) -> None:
    """Raise ``InvalidField`` for a ``resource`` or ``resource_id`` that no URL path can contain.

    An encoded slash is still a slash, and clients remove ``.`` and ``..`` from a path
    (RFC 3986 §5.2.4).
    """
    for column in COLUMNS:
        value = str(values.get(column, ""))
        if "/" in value or value in (".", ".."):
            raise InvalidField(column, _("Takes no slash, and is not . or .. alone."))
