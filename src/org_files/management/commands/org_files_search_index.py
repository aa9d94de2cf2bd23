"""``manage.py org_files_search_index``: trigram indexes for ``?search=`` on PostgreSQL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections, router
from django.db.backends.utils import truncate_name

from org_files import get_file_model

#: Columns that lists of files search.
COLUMNS = ("name", "comment")


class Command(BaseCommand):
    """Creates trigram indexes of the site's file model, or drops them."""

    help = (
        "Create indexes that serve ?search= in lists of files, or drop them. For PostgreSQL with "
        "the extension pg_trgm; reading and writing go on meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drop", action="store_true", help="drop the indexes instead")

    def handle(self, *args: Any, drop: bool, **options: Any) -> None:
        model: Any = get_file_model()
        self.connection: Any = connections[router.db_for_write(model)]
        if self.connection.vendor != "postgresql":
            self.stdout.write(
                f"{self.connection.display_name} has no trigram indexes, and nothing was done. "
                "Searching works without: by LIKE, over the files that the other filters leave."
            )
            return
        if self.connection.in_atomic_block:
            raise CommandError("Indexes cannot be built concurrently within a transaction.")
        names = {column: self._name(model, column) for column in COLUMNS}
        if drop:
            for name in names.values():
                self._drop(name)
                self.stdout.write(self.style.SUCCESS(f"{name}: dropped"))
            return
        operators = f"{self._quoted(self._schema())}.gin_trgm_ops"
        table = self._quoted(model._meta.db_table)
        for column, name in names.items():
            if self._is_invalid(name):
                self._drop(name)
            # The expression that the lookup icontains compares.
            expression = f"UPPER({self._quoted(model._meta.get_field(column).column)}::text)"
            self._execute(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {self._quoted(name)} "
                f"ON {table} USING gin ({expression} {operators})"
            )
            self.stdout.write(self.style.SUCCESS(f"{name}: there"))
        # Without statistics of the expressions PostgreSQL takes words of five letters for common
        # ones, and reads the list instead of the index.
        self._execute(f"ANALYZE {table}")

    def _name(self, model: Any, column: str) -> str:
        table = model._meta.db_table.strip('"').replace('"."', "_")
        length = self.connection.ops.max_name_length()
        return truncate_name(f"{table}_{column}_trgm", length)

    def _schema(self) -> str:
        """Return the schema of pg_trgm. Raises ``CommandError`` where it is not installed."""
        found = self._execute(
            "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
            "WHERE extname = 'pg_trgm'"
        )
        if found is None:
            raise CommandError(
                "The extension pg_trgm is not installed in this database. Its owner installs it "
                "with: CREATE EXTENSION pg_trgm;"
            )
        return str(found[0])

    def _is_invalid(self, name: str) -> bool:
        """Return whether building the index was interrupted: PostgreSQL keeps it, but invalid."""
        found = self._execute(
            "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
            self._quoted(name),
        )
        return bool(found and found[0])

    def _drop(self, name: str) -> None:
        self._execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self._quoted(name)}")

    def _quoted(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))

    def _execute(self, sql: str, *params: Any) -> Any:
        """Execute a statement; return its first row or ``None``."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchone() if cursor.description else None
