"""Tables as the database describes them."""

from typing import Any

from django.db import connection


def schema() -> dict[str, Any]:
    """Every table with its columns and constraints, as the database describes them."""
    introspection = connection.introspection
    tables: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in introspection.table_names(cursor):
            columns = introspection.get_table_description(cursor, table)
            tables[table] = (
                [(column.name, column.type_code, column.null_ok) for column in columns],
                introspection.get_constraints(cursor, table),
            )
    return tables
