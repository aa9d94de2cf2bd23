"""Quoted names of our tables and columns, for the few statements that the ORM cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model


class Names:
    """The quoted names of one model's table and columns."""

    def __init__(self, connection: BaseDatabaseWrapper, model: type[Model]) -> None:
        self._quote = connection.ops.quote_name
        self._meta = model._meta
        self.table = self._quote(model._meta.db_table)
        self.pk = self.column(model._meta.pk)

    def __getitem__(self, field_name: str) -> str:
        """Return the quoted column of a field, ``pk`` included."""
        return self.pk if field_name == "pk" else self.column(self._meta.get_field(field_name))

    def column(self, field: Any) -> str:
        """Return the quoted column of ``field``."""
        return self._quote(field.column)
