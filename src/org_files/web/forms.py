"""Fields of forms, as the serializers of the API describe them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.text import capfirst
from rest_framework import serializers

#: Types of inputs by the class of a field; the first that fits.
KINDS: tuple[tuple[type[Any], str], ...] = (
    (serializers.EmailField, "email"),
    (serializers.URLField, "url"),
    (serializers.BooleanField, "checkbox"),
    (serializers.ChoiceField, "select"),
    (serializers.IntegerField, "number"),
    (serializers.DateField, "date"),
)

#: Fields that forms leave to the page.
NOT_TYPED = (serializers.FileField, serializers.HiddenField)

#: Purposes of inputs (WCAG 2.2, 1.3.5) by the name of a field.
PURPOSES = {
    "email": "email",
    "username": "username",
    "first_name": "given-name",
    "last_name": "family-name",
    "phone": "tel",
    "old_password": "current-password",
    "new_password": "new-password",
}


@dataclass(frozen=True)
class FormField:
    """A field of a form. The template ``org_files_web/fields.html`` shows a list of them."""

    name: str
    label: str
    #: The type of the input, or ``textarea`` or ``select``.
    kind: str
    value: Any
    messages: Sequence[str]
    required: bool
    help: str
    autocomplete: str
    max_length: int | None
    #: Values and texts of a ``select``.
    choices: Sequence[tuple[Any, Any]]


def fields_of(page: Any, serializer: Any, **changes: Mapping[str, Any]) -> list[FormField]:
    """Return the fields that people fill in, with what was typed into ``page`` and its errors.

    ``changes`` are attributes of a ``FormField`` by the name of the field, where the serializer
    does not know better: ``fields_of(page, serializer, password={"label": _("Password")})``.
    """
    shown = serializer.data if serializer.instance is not None else {}
    return [
        replace(_field_of(name, field, page, shown), **changes.get(name, {}))
        for name, field in serializer.fields.items()
        if not (field.read_only or isinstance(field, NOT_TYPED))
    ]


def _field_of(name: str, field: Any, page: Any, shown: Mapping[str, Any]) -> FormField:
    kind = _kind_of(name, field)
    value = "" if kind == "password" else page.typed.get(name, shown.get(name))
    return FormField(
        name=name,
        label=capfirst(field.label),
        kind=kind,
        value=value in (True, "true") if kind == "checkbox" else value,
        messages=page.errors.get(name, ()),
        required=field.required and kind != "checkbox",
        help=field.help_text or "",
        autocomplete=PURPOSES.get(name, ""),
        max_length=getattr(field, "max_length", None),
        choices=_choices_of(field) if kind == "select" else (),
    )


def _kind_of(name: str, field: Any) -> str:
    if field.style.get("input_type") == "password":
        return "password"
    if field.style.get("base_template") == "textarea.html":
        return "textarea"
    if name == "phone":
        return "tel"
    return next((kind for cls, kind in KINDS if isinstance(field, cls)), "text")


def _choices_of(field: Any) -> Sequence[tuple[Any, Any]]:
    can_be_empty = field.allow_blank or field.allow_null
    return [*([("", "")] if can_be_empty else ()), *field.choices.items()]
