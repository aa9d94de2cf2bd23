"""Text compared character by character on MySQL and MariaDB too."""

from typing import Any, TypeVar

import django_filters
from django.db.models import F, Model, QuerySet
from django.db.models.lookups import Exact

from org_files.files.content import normal_form

ModelT = TypeVar("ModelT", bound=Model)


class Exactly(Exact):
    """The condition that an expression is exactly this text.

    Collations of MySQL and MariaDB ignore case, accents and trailing blanks. Their own comparison
    stays beside that of bytes, because it is the one that an index serves.
    """

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        equal, params = self.as_sql(compiler, connection)
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        sql = f"({equal} AND BINARY {left} = BINARY {right})"
        return sql, [*params, *left_params, *right_params]


def exactly(queryset: QuerySet[ModelT], **values: str) -> QuerySet[ModelT]:
    """Return the rows of ``queryset`` whose columns hold exactly ``values``."""
    return queryset.filter(*(Exactly(F(column), value) for column, value in values.items()))


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
