"""The environment of the benchmarks: a private PostgreSQL with its own database, and Django."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.postgresql import PostgreSQL

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Environment:
    """Variables of a site that uses the same database and files."""

    variables: Mapping[str, str]
    #: Whether the server is ours alone, not one that DATABASE_URL named.
    is_private: bool


@contextmanager
def prepared() -> Iterator[Environment]:
    """Set Django up over an empty, migrated database with fsync on; remove everything afterwards.

    Where DATABASE_URL names a PostgreSQL that runs already, a database is made in that one.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="org-files-benchmarks-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(PostgreSQL(fsync=True))
        url = stack.enter_context(database(server.url))
        paths = [str(ROOT), str(ROOT / "example_project"), os.environ.get("PYTHONPATH", "")]
        variables = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "DATABASE_URL": url,
            "MEDIA_ROOT": str(folder / "media"),
            "LOG_DIR": str(folder / "log"),
            "SECRET_KEY": "a-key-of-benchmarks-that-live-for-one-run-only-0123456789",
            "DEBUG": "0",
            "HTTPS": "0",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "ORG_FILES_POLICY": "organization",
            "THROTTLES": "off",
            # The tutorial's view, against which downloads are measured, records no events either.
            "LOG_LEVEL": "warning",
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        }
        os.environ |= variables
        for name in ("MEDIA_ROOT", "LOG_DIR"):
            Path(os.environ[name]).mkdir()

        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        stack.callback(connections.close_all)
        call_command("migrate", verbosity=0)
        yield Environment(variables, is_private=not server.given_url)


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """Create a database and yield its URL; drop it afterwards."""
    import psycopg
    from psycopg import sql

    name = f"org_files_benchmarks_{os.getpid()}"

    def run(statement: str) -> None:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    run("CREATE DATABASE {}")
    try:
        yield server_url.rpartition("/")[0] + f"/{name}"
    finally:
        # By force: a site that was killed leaves its connections open for a moment.
        run("DROP DATABASE {} WITH (FORCE)")


def describe() -> dict[str, Any]:
    """Return what the numbers depend on."""
    import django
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone()
    return {
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "PostgreSQL": version.split()[0],
        "fsync": fsync,
        "processors": os.cpu_count(),
        # Near the number of processors or above: other work went on, the ratios are blurred.
        "load before": round(os.getloadavg()[0], 1),
        "platform": sys.platform,
    }


def flush_milliseconds(commits: int = 100) -> float:
    """Return what one commit of one row takes a lone connection, at the median."""
    from django.db import connection

    times = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS benchmark_flush (at float)")
        for _ in range(commits):
            began = time.perf_counter()
            cursor.execute("INSERT INTO benchmark_flush VALUES (0)")
            times.append(time.perf_counter() - began)
    return sorted(times)[commits // 2] * 1000
