"""The suite of tests/migrations/suite over every host: models load once in a process."""

import os
import subprocess
import sys

import pytest

from tests.conftest import DATABASE, SERVERS
from tests.hosts.test_hosts import HERE, HOSTS, ROOT

SUITE = ROOT / "tests" / "migrations" / "suite"


def has_tables_of_its_own(host: str) -> bool:
    return any((HERE / host).glob("*/migrations"))


# The other hosts differ in settings, and have the tables of the default one. One of them has its
# users elsewhere and no event log: that does not depend on the database.
TESTED = [
    host
    for host in HOSTS
    if host == "default"
    or has_tables_of_its_own(host)
    or (host == "stock_user" and DATABASE == "sqlite")
]


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The address of the server that TEST_DATABASE names, one for all hosts."""
    if DATABASE not in SERVERS:
        return {}
    return {"DATABASE_URL": request.getfixturevalue(f"{DATABASE}_server").url}


@pytest.mark.migrations
@pytest.mark.parametrize("host", TESTED)
def test_migrations_of_host(host: str, database: dict[str, str]) -> None:
    suite = SUITE if host == "default" else SUITE / "test_migrating.py"
    command = [sys.executable, "-m", "pytest", str(suite), "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, f"--ds=tests.hosts.{host}.settings"],
        cwd=ROOT,
        env=os.environ | database,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
