"""Databases of the tests of hidden rows: real schemas, roles, policies and copies of PostgreSQL."""

import os
from contextlib import contextmanager
from itertools import count

import pytest
from django.db import connection

if os.environ.get("TEST_DATABASE") != "postgresql":
    collect_ignore_glob = ["test_*.py"]

#: The schemas of two tenants.
SCHEMAS = ("one", "two")

#: A role that may do everything, and that policies bind. Roles belong to the server, which all
#: processes of a run share.
ROLE = f"org_files_tests_restricted_{os.getpid()}"

_numbers = count(1)


@contextmanager
def connected(name, *, schema="one", role=""):
    """Have Django's connection be one to the database ``name``, by ``schema`` and as ``role``."""
    options = f"-c search_path={schema}" + (f" -c role={role}" if role else "")
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(NAME=name, OPTIONS=before["OPTIONS"] | {"options": options})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(scope="session")
def server(django_db_setup, django_db_blocker):
    """A function that runs a statement on the server, outside of the databases of these tests."""

    def run(sql):
        with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(sql)

    return run


@pytest.fixture(autouse=True)
def _access(django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def migrated(server, django_db_blocker):
    """A database with the tables in both schemas, and the role."""
    name = f"hidden_rows_{os.getpid()}"
    connection.close()
    server(f"CREATE DATABASE {name} TEMPLATE {connection.settings_dict['NAME']}")
    server(f"CREATE ROLE {ROLE}")
    with django_db_blocker.unblock(), connected(name):
        execute("ALTER SCHEMA public RENAME TO one")
        execute("CREATE SCHEMA two")
        for table in connection.introspection.table_names():
            # Its constraints and indexes are the same, but for foreign keys.
            execute(f"CREATE TABLE two.{table} (LIKE one.{table} INCLUDING ALL)")
        for schema in SCHEMAS:
            execute(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}")
            execute(f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {ROLE}")
            execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {ROLE}")
    yield name
    server(f"DROP DATABASE {name}")
    server(f"DROP ROLE {ROLE}")


@pytest.fixture
def copy(server):
    """A function that copies a database and returns the name of the copy."""
    names = []

    def copy(name):
        copied = f"{name}_{next(_numbers)}"
        server(f"CREATE DATABASE {copied} TEMPLATE {name}")
        names.append(copied)
        return copied

    yield copy
    for name in names:
        server(f"DROP DATABASE {name}")


@pytest.fixture
def database(copy, migrated):
    """An empty database of the test's own."""
    return copy(migrated)


@pytest.fixture
def store(settings, tmp_path):
    """The folder of the one store."""
    options = {"location": tmp_path / "store"}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"org_files": {"BACKEND": backend, "OPTIONS": options}}
    counters = {"BACKEND": "org_files.counters.LedgerCounters", "OPTIONS": {"fold_every": 0}}
    settings.ORG_FILES = {"COUNTERS": counters}
    return options["location"]
