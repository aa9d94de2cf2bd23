"""Primary keys as texts: parsed by Python, and by the database from a column."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import (
    AutoField,
    CharField,
    Func,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

MAX_KEY_LENGTH = 255
MAX_INTEGER = 2**63 - 1

#: Whole numbers as Python writes them. Nearly all of 64 bits, and none beyond.
NUMBER = "(0|-?([1-9][0-9]{0,17}|[1-8][0-9]{18}))"
#: UUIDs in their canonical form (RFC 9562 §4).
UUID = "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"


def parse_pk(model: type[Model], text: str) -> Any | None:
    """Return the primary key that ``text`` is, or ``None``.

    Only the form that the API shows is a key: no leading zeros, no other digits or cases.
    """
    if len(text) > MAX_KEY_LENGTH or "\0" in text:
        return None
    try:
        value = model._meta.pk.to_python(text)
    except ValidationError:
        return None
    if str(value) != text or (isinstance(value, int) and abs(value) > MAX_INTEGER):
        return None
    return value


def key_field(model: type[Model]) -> Any:
    """Return the field whose values are the primary keys of ``model``.

    Of a child model it is a field of the parent. ``None`` if ``KeyOfText`` does not take its type.
    """
    field: Any = model._meta.pk
    while field.remote_field:
        field = field.target_field
    is_known = isinstance(field, (AutoField, IntegerField, UUIDField, CharField, TextField))
    return field if is_known else None


class KeyOfText(Func):
    """The primary key that a column of text has in the form of ``parse_pk``, else ``NULL``.

    The index of the key serves a comparison with it. A text that is no key is no error.
    """

    arity = 1

    def __init__(self, text: Any, *, field: Any) -> None:
        """Take the expression of the text, and the ``key_field`` of a model."""
        super().__init__(text, output_field=field)

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        return self._checked(compiler, "~", "{}::bigint", "{}::uuid")

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        native = connection.features.has_native_uuid_field
        uuid = "CAST({} AS UUID)" if native else "REPLACE({}, '-', '')"
        # The end of a text: "$" is also before a line break at it.
        return self._checked(compiler, "REGEXP BINARY", "CAST({} AS SIGNED)", uuid, end=r"\z")

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        number, uuid = "CAST({} AS INTEGER)", "REPLACE({}, '-', '')"
        return self._checked(compiler, "REGEXP", number, uuid, end=r"\Z")

    def _checked(
        self, compiler: Any, matches: str, number: str, uuid: str, end: str = "$"
    ) -> tuple[str, tuple[Any, ...]]:
        text, params = compiler.compile(self.source_expressions[0])
        field = self.output_field
        if isinstance(field, (CharField, TextField)):
            return text, (*params,)
        is_uuid = isinstance(field, UUIDField)
        pattern, cast = (UUID, uuid) if is_uuid else (NUMBER, number)
        sql = f"CASE WHEN {text} {matches} %s THEN {cast.format(text)} END"
        return sql, (*params, f"^{pattern}{end}", *params)
