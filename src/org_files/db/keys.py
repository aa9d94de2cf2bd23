"""Primary keys as texts: parsed by Python, and by the database from a column."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import (
    AutoField,
    CharField,
    Field,
    Func,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

MAX_KEY_LENGTH = 255
MAX_INTEGER = 2**63 - 1

#: Whole numbers as Python writes them. Nearly all of 64 bits, and none beyond.
NUMBER = "^(0|-?([1-9][0-9]{0,17}|[1-8][0-9]{18}))$"
#: UUIDs in their canonical form (RFC 9562 §4).
UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"


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


def key_field(model: type[Model]) -> Field[Any, Any] | None:
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

    def __init__(self, text: Any, *, field: Field[Any, Any]) -> None:
        super().__init__(text, output_field=field)
        self.field = field

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        return self._cased(compiler, connection, "~", {"int": "{}::bigint", "uuid": "{}::uuid"})

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        native = connection.features.has_native_uuid_field
        uuid = "CAST({} AS UUID)" if native else "REPLACE({}, '-', '')"
        casts = {"int": "CAST({} AS SIGNED)", "uuid": uuid}
        # The end of a text, where "$" would also be before a line break.
        return self._cased(compiler, connection, "REGEXP BINARY", casts, end=r"\z")

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        casts = {"int": "CAST({} AS INTEGER)", "uuid": "REPLACE({}, '-', '')"}
        return self._cased(compiler, connection, "REGEXP", casts, end=r"\Z")

    def _cased(
        self, compiler: Any, connection: Any, matches: str, casts: dict[str, str], end: str = "$"
    ) -> tuple[str, list[Any]]:
        column, params = compiler.compile(self.source_expressions[0])
        if isinstance(self.field, (CharField, TextField)):
            return column, [*params]
        kind, pattern = ("uuid", UUID) if isinstance(self.field, UUIDField) else ("int", NUMBER)
        cast = casts[kind].format(column)
        sql = f"CASE WHEN {column} {matches} %s THEN {cast} END"
        return sql, [*params, pattern.removesuffix("$") + end, *params]
