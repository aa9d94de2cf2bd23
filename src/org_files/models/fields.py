"""Columns that saving a model leaves as they are in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

__all__ = ["FoldedCountField", "FoldedMomentField"]

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
    CountField = models.PositiveBigIntegerField[int, int]
    MomentField = models.DateTimeField[Any, Any]
else:  # Django's own classes take no parameters
    AnyField = models.Field
    CountField, MomentField = models.PositiveBigIntegerField, models.DateTimeField


class _KeptBySaving(AnyField):
    """Mixin: an instance was read some time ago, so what it holds is no news to the database.

    Whoever saves a file or an organization, a form of the host site's say, would otherwise put
    back a total that was folded meanwhile. ``QuerySet.update`` writes the column.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the value of a new row, for any other the column itself."""
        return super().pre_save(model_instance, add) if add else models.F(self.name)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the column that it is: migrations need not know who writes it."""
        name, _path, args, kwargs = super().deconstruct()
        plain = type(self).__bases__[-1]
        return name, f"django.db.models.{plain.__name__}", list(args), dict(kwargs)


class FoldedCountField(_KeptBySaving, CountField):
    """A count that only the counters write."""


class FoldedMomentField(_KeptBySaving, MomentField):
    """A moment that only the counters write."""
