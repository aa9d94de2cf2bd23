"""Serializers whose fields are looked up once for all rows."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from rest_framework import fields

ClassT = TypeVar("ClassT", bound=type[Any])

#: Fields that show a value as these functions do.
FUNCTIONS: dict[type[Any], Callable[[Any], Any]] = {
    fields.CharField: str,
    fields.IntegerField: int,
}


class Shown(NamedTuple):
    """A key of the JSON, and the source of its value."""

    key: str
    #: An attribute of the row, or without ``represent`` a method of the serializer.
    name: str
    #: Returns the JSON of the attribute.
    represent: Callable[[Any], Any] | None


def compiled(cls: ClassT) -> ClassT:
    """Return the serializer ``cls`` with a faster ``to_representation``, of the same JSON.

    The fields of ``cls`` must depend on the class alone. A subclass, and an instance whose
    ``fields`` were accessed, may have other fields: REST framework's method represents those.
    """
    own: Any = cls
    by_fields = own.to_representation

    def to_representation(self: Any, instance: Any) -> Any:
        shown = {}
        try:
            for key, name, represent in _plan(own) if _is_unchanged(self, own) else ():
                if represent is None:
                    shown[key] = getattr(self, name)(instance)
                    continue
                value = getattr(instance, name)
                if callable(value):  # such as a method, which REST framework calls
                    return by_fields(self, instance)
                shown[key] = None if value is None else represent(value)
        except (AttributeError, KeyError, ObjectDoesNotExist):
            # REST framework leaves keys out whose value is missing, such as totals.
            shown = {}
        return shown or by_fields(self, instance)

    own.to_representation = to_representation
    return cls


def _is_unchanged(serializer: Any, cls: type[Any]) -> bool:
    return type(serializer) is cls and "fields" not in vars(serializer)


@cache
def _plan(cls: type[Any]) -> Sequence[Shown]:
    """Return all keys, or none if a field has its own ``get_attribute`` or a dotted source."""
    plan = []
    readable: Sequence[Any] = list(cls()._readable_fields)
    for field in readable:
        if issubclass(type(field), fields.SerializerMethodField):
            plan.append(Shown(field.field_name, field.method_name, None))
        elif type(field).get_attribute is fields.Field.get_attribute and "." not in field.source:
            represent = FUNCTIONS.get(type(field), field.to_representation)
            plan.append(Shown(field.field_name, field.source, represent))
        else:
            return ()
    return plan
