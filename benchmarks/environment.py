"""The environment of the benchmarks: a private PostgreSQL with its own database, and Django."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.servers.postgresql import PostgreSQL
from tests.servers.process import private_folder
from tests.servers.site import LiveSite

ROOT = Path(__file__).resolve().parents[1]

#: Settings of the server: every thread of every site keeps a connection.
SERVER = {"max_connections": "500"}


@dataclass(frozen=True)
class Environment:
    """Variables of a site that uses the same database and files."""

    variables: Mapping[str, str]
    #: Whether the server is ours alone, not one that DATABASE_URL named.
    is_private: bool
    #: The name of a database that is migrated and empty.
    template: str = ""
    #: Of what lasts as long as the run, such as databases that several benchmarks use.
    stack: ExitStack = field(default_factory=ExitStack)
    archives: dict[Any, Any] = field(default_factory=dict)

    @property
    def all_variables(self) -> dict[str, str]:
        """The variables of a process beside those of this one."""
        return {**os.environ, **self.variables}


@contextmanager
def prepared() -> Iterator[Environment]:
    """Set Django up over an empty, migrated database with fsync on; remove everything afterwards.

    Where DATABASE_URL names a PostgreSQL that runs already, a database is made in that one.
    """
    with ExitStack() as stack:
        # Apache of the deliveries reads it, and does not run as root.
        folder = private_folder("org-files-benchmarks-", for_nobody=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(PostgreSQL(fsync=True, settings=SERVER))
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
        LiveSite.migrated.add(url)
        connections.close_all()
        empty = stack.enter_context(database(url, "empty", url.rpartition("/")[2]))
        yield Environment(variables, not server.given_url, empty.rpartition("/")[2], stack)


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Let Django use another database meanwhile."""
    from django.db import connections

    here = connections.settings["default"]
    before = {"PORT": here["PORT"], "NAME": here["NAME"]}
    parts = urlsplit(url)
    connections.close_all()
    here.update(PORT=parts.port or "", NAME=parts.path[1:])
    try:
        yield
    finally:
        connections.close_all()
        here.update(before)


@contextmanager
def database(server_url: str, suffix: str = "", template: str = "template1") -> Iterator[str]:
    """Create a database and yield its URL; drop it afterwards."""
    import psycopg
    from psycopg import sql

    name = f"org_files_benchmarks_{os.getpid()}{suffix and '_'}{suffix}"
    server = server_url.rpartition("/")[0]

    def run(statement: str, **names: str) -> None:
        # By another database: nothing may be connected to a template.
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            quoted = {key: sql.Identifier(value) for key, value in names.items()}
            connection.execute(sql.SQL(statement).format(**quoted))

    run("CREATE DATABASE {name} TEMPLATE {template}", name=name, template=template)
    try:
        yield f"{server}/{name}"
    finally:
        # By force: a site that was killed leaves its connections open for a moment.
        run("DROP DATABASE {name} WITH (FORCE)", name=name)


def describe() -> dict[str, Any]:
    """Return what the numbers depend on."""
    import django
    from django.db import connection

    import org_files

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "django-org-files": org_files.__version__,
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "PostgreSQL": version.split()[0],
        "fsync": fsync,
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
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
