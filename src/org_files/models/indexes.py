"""Indexes of abstract bases."""

from typing import Any

from django.db import models


class KeyedIndex(models.Index):
    """An index that ends with the primary key, by which lists order rows of equal values.

    An abstract base does not know the name of the key. Migrations get a plain index.
    """

    def set_name_with_model(self, model: Any) -> None:
        key = model._meta.pk.name
        self.fields, self.fields_orders = [*self.fields, key], [*self.fields_orders, (key, "")]
        super().set_name_with_model(model)

    def clone(self) -> models.Index:
        # Without a name, a class inherits it and adds the key; with one, it is for a migration.
        return models.Index(fields=self.fields, name=self.name) if self.name else super().clone()
