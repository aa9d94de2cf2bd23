"""Resource labels of models whose objects have attachments.

A file names an object of the site by its columns ``resource``, the label of the model, and
``resource_id``, the key of the object as a text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model


class OnDelete(StrEnum):
    """What becomes of attachments when their object is deleted."""

    #: They are moved to the trash.
    TRASH = "trash"
    #: They stay, with a label that names no object.
    KEEP = "keep"
    #: They are removed for good.
    PURGE = "purge"


@dataclass(frozen=True, kw_only=True)
class Label:
    """One ``Attachments`` of one model."""

    #: The value of ``resource``, such as ``"shop.product"``.
    text: str
    model: type[Model]
    #: The name of the ``Attachments`` on the model.
    attribute: str
    #: Tells apart several ``Attachments`` of the model.
    name: str = ""
    #: Returns the organization of an object, or is the path to it, such as ``"shop.company"``.
    organization: str | Callable[[Any], Any]
    on_delete: OnDelete = OnDelete.TRASH
    #: Content types of files; ``None`` for every type that the site accepts.
    allowed_types: Sequence[str] | None = None
    #: Bytes of one file; ``None`` for no limit but those of the site and the organization.
    max_file_size: int | None = None
    #: Files of one object that are neither in the trash nor expired; ``None`` for no limit.
    max_files: int | None = None

    def key_of(self, obj: Any) -> str:
        """Return the value of ``resource_id`` for ``obj``, empty before it is saved."""
        key = getattr(obj, str(self.model._meta.pk.attname))
        return "" if key is None else str(key)

    @property
    def organization_lookup(self) -> str | None:
        """The path to the organization as a lookup of queries; ``None`` for a callable."""
        return None if callable(self.organization) else self.organization.replace(".", "__")

    def organization_of(self, obj: Any) -> Any:
        """Return the organization of ``obj``, or its key if a callable returns that.

        ``None`` if an object on the path is missing.
        """
        if callable(self.organization):
            return self.organization(obj)
        for name in self.organization.split("."):
            obj = None if obj is None else getattr(obj, name)
        return obj

    def organization_key_of(self, obj: Any) -> Any:
        """Return the key of the organization of ``obj``, or ``None`` without one."""
        if callable(self.organization) or "." in self.organization:
            organization = self.organization_of(obj)
        else:  # without reading the organization
            organization = getattr(obj, obj._meta.get_field(self.organization).attname)
        return getattr(organization, "pk", organization)


#: The labels by their text. There is one for each text, unless a site makes a mistake.
_LABELS: dict[str, list[Label]] = {}


def register(label: Label) -> None:
    """Add a label, in place of an earlier one of the same attribute."""
    same = (label.model._meta.label, label.attribute)
    others = [
        each
        for each in _LABELS.get(label.text, [])
        if (each.model._meta.label, each.attribute) != same
    ]
    _LABELS[label.text] = [*others, label]


def find_label(text: str | None) -> Label | None:
    """Return the label ``text`` of a model with attachments, or ``None``."""
    return next(iter(_LABELS.get(text or "", ())), None)


def labels_of(model: type[Any]) -> list[Label]:
    """Return the labels of a model, without those of its parents."""
    return [label for label in all_labels() if label.model is model]


def labels_along(model: type[Model]) -> list[Label]:
    """Return the labels of a model, and after them those of its parents."""
    return [label for each in model.__mro__ for label in labels_of(each)]


def all_labels() -> list[Label]:
    """Return all labels, also those that have the same text."""
    return [label for labels in _LABELS.values() for label in labels]
