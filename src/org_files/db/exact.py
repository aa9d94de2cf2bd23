"""Text compared character by character on MySQL and MariaDB too."""

from typing import Any, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.lookups import Exact

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
    return queryset.filter(has_exactly(**values))


def has_exactly(**values: str) -> Q:
    """Return the condition that columns hold exactly ``values``."""
    return Q(*(Exactly(F(column), value) for column, value in values.items()))
