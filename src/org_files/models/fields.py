"""Columns that ``save`` does not change in existing rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
    CountField = models.PositiveBigIntegerField[int, int]
    MomentField = models.DateTimeField[Any, Any]
else:  # Django's own classes take no parameters
    AnyField = models.Field
    CountField, MomentField = models.PositiveBigIntegerField, models.DateTimeField


class _KeptBySaving(AnyField):
    """Mixin for a column that ``save`` keeps and ``QuerySet.update`` writes.

    Saving an instance that was read earlier would otherwise overwrite a total that was folded
    since.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the value for a new row, and the column itself for an existing one."""
        return super().pre_save(model_instance, add) if add else models.F(self.name)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the plain column, so that migrations do not depend on this class."""
        name, _path, args, kwargs = super().deconstruct()
        plain = type(self).__bases__[-1]
        return name, f"django.db.models.{plain.__name__}", list(args), dict(kwargs)


class FoldedCountField(_KeptBySaving, CountField):
    """A number of downloads, written by ``counters`` alone."""


class FoldedMomentField(_KeptBySaving, MomentField):
    """A time, written by ``counters`` alone."""
