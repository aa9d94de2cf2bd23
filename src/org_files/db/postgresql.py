"""Single statements on PostgreSQL: prepared, and run again where a connection turns out stale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, OperationalError

try:
    from django.db.backends.postgresql.base import ServerBindingCursor
    from psycopg import Connection
    from psycopg._preparing import Prepare
except (ImportError, ImproperlyConfigured):  # psycopg 2, or none
    CAN_PREPARE = False
else:
    CAN_PREPARE = True

    class PreparingCursor(ServerBindingCursor):
        """A cursor that prepares each statement under a name that depends on its text alone.

        psycopg numbers the names of a connection. Behind a pooler such a name could belong to
        another statement of another process, with other rights.
        """

        def _get_prepared(
            self: Any, pgq: Any, prepare: bool | None = None
        ) -> tuple[Prepare, bytes]:
            self._query = pgq  # What Django logs. psycopg keeps it of statements not prepared.
            names = _names.setdefault(self.connection, set())
            text = repr((pgq.query, pgq.types)).encode()
            name = b"org_files_" + sha256(text).hexdigest()[:32].encode()
            if name in names:
                return Prepare.YES, name
            if len(names) == MAX_PREPARED:
                return Prepare.NO, b""
            names.add(name)
            return Prepare.SHOULD, name


#: SQLSTATE of errors of prepared statements: the type of the result has changed, there is no such
#: statement, there is one of that name.
STALE_STATEMENT = ("0A000", "26000", "42P05")

#: Statements prepared on one connection. A site's wrapper could make each text a new one.
MAX_PREPARED = 32

#: Names of the prepared statements of each connection, and connections on which one has failed.
_names: WeakKeyDictionary[Any, set[bytes]] = WeakKeyDictionary()
_failed: WeakSet[Any] = WeakSet()


def fetch_one(
    connection: Any,
    sql: str,
    params: Sequence[Any],
    *,
    prepare: bool,
    has_run: Callable[[], bool] | None = None,
) -> tuple[Any, ...] | None:
    """Return the first row of a statement, or ``None``; with ``prepare``, of a prepared one.

    With ``has_run`` the statement takes the place of the health check that ``CONN_HEALTH_CHECKS``
    asks for: if it fails because the connection is lost, it runs again on a new connection, unless
    ``has_run`` tells that it was committed.

    A transaction keeps Django's cursor and check: what fails there can't be tried again.
    """
    if not connection.get_autocommit():
        return _fetch_one(connection.cursor(), sql, params)
    is_check = connection.health_check_enabled and not connection.health_check_done
    if has_run is None or not is_check:
        return _fetch_prepared(connection, sql, params, prepare=prepare)
    connection.health_check_done = True
    try:
        return _fetch_prepared(connection, sql, params, prepare=prepare)
    except (OperationalError, InterfaceError):
        if connection.is_usable():
            raise
        connection.close()
        if has_run():
            raise
    return _fetch_one(connection.cursor(), sql, params)


def _fetch_prepared(
    connection: Any, sql: str, params: Sequence[Any], *, prepare: bool
) -> tuple[Any, ...] | None:
    """Return the first row. A statement that can't be prepared any more runs without that."""
    connection.close_if_health_check_failed()
    raw = connection.connection
    prepare = prepare and CAN_PREPARE and isinstance(raw, Connection) and raw not in _failed
    if prepare:
        factory, raw.cursor_factory = raw.cursor_factory, PreparingCursor
        try:
            cursor = connection.cursor()
        finally:
            raw.cursor_factory = factory
        try:
            return _fetch_one(cursor, sql, params)
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", None) not in STALE_STATEMENT:
                raise
            # Not a second time on this connection: there may be a pooler in between.
            _failed.add(raw)
    return _fetch_one(connection.cursor(), sql, params)


def _fetch_one(cursor: Any, sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    with cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
