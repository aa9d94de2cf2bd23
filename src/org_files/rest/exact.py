"""Filters by texts that are compared character by character on MySQL and MariaDB too."""

from typing import Any

import django_filters
from django.db.models import F, QuerySet

from org_files.db.exact import Exactly
from org_files.files.content import normal_form


class ExactFilter(django_filters.CharFilter):
    """Exactly this text, blanks at its ends too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"strip": False, **kwargs})

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        column: Any = self.field_name
        return self.get_method(qs)(Exactly(F(column), value)) if value else qs


class NameFilter(ExactFilter):
    """Exactly this name, sent in any form of Unicode: names are stored in NFC."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return super().filter(qs, normal_form(value or ""))
