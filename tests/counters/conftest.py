"""Fixtures of the tests of counters, for each backend of the package.

A backend of another package runs too with ``TEST_COUNTERS=acme.counters.Counters``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from org_files.models import AbstractFile
from org_files.testing.clock import Clock, stopped_clock
from org_files.testing.factories import make_file
from tests.victims import Victims, victims

collect_ignore = []
if os.environ.get("TEST_DATABASE") != "postgresql":
    collect_ignore.append("test_row_security.py")  # No other database has it.
if find_spec("PIL") is None:
    collect_ignore.append("test_crashes.py")  # The processes that it kills make pictures too.

LEDGER = "org_files.counters.LedgerCounters"
DIRECT = "org_files.counters.DirectCounters"

# Folds happen only when a test folds.
OPTIONS: dict[str, dict[str, Any]] = {LEDGER: {"fold_every": 0}}


def use_backend(settings: Any, path: str, **options: Any) -> None:
    """Have the site use one backend of the counters."""
    spec = {"BACKEND": path, "OPTIONS": OPTIONS.get(path, {}) | options}
    settings.ORG_FILES = {**getattr(settings, "ORG_FILES", {}), "COUNTERS": spec}


@pytest.fixture(
    params=os.environ.get("TEST_COUNTERS", f"{LEDGER} {DIRECT}").split(),
    ids=lambda path: path.rpartition(".")[2],
)
def backend(request: pytest.FixtureRequest, settings: Any) -> str:
    """Each backend in turn."""
    use_backend(settings, request.param)
    return str(request.param)


@pytest.fixture
def ledger_backend(settings: Any) -> None:
    """The default backend alone."""
    use_backend(settings, LEDGER)


@pytest.fixture
def direct_backend(settings: Any) -> None:
    """The backend that folds nothing alone."""
    use_backend(settings, DIRECT)


@pytest.fixture
def file(db: None) -> AbstractFile:
    """The one file of its organization."""
    return make_file()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock that the package reads."""
    with stopped_clock() as clock:
        yield clock


@pytest.fixture(scope="session")
def doomed(django_db_setup: None) -> Iterator[Victims]:
    """Processes that are killed while they work on the tests' database."""
    with victims() as child:
        yield child
