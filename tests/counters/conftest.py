"""Fixtures of the tests of counters, for each backend of the package.

A backend of another package runs too with ``TEST_COUNTERS=acme.counters.Counters``.
"""

import os
from importlib.util import find_spec

import pytest

from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_file

collect_ignore = []
if os.environ.get("TEST_DATABASE") != "postgresql":
    collect_ignore.append("test_row_security.py")  # No other database has it.
if find_spec("PIL") is None:
    collect_ignore.append("test_crashes.py")  # The processes that it kills make pictures too.

LEDGER = "org_files.counters.LedgerCounters"
DIRECT = "org_files.counters.DirectCounters"

# Folds happen only when a test folds.
OPTIONS = {LEDGER: {"fold_every": 0}}


def use_backend(settings, path, **options):
    """Have the site use one backend of the counters."""
    spec = {"BACKEND": path, "OPTIONS": OPTIONS.get(path, {}) | options}
    settings.ORG_FILES = {**getattr(settings, "ORG_FILES", {}), "COUNTERS": spec}


@pytest.fixture(
    params=os.environ.get("TEST_COUNTERS", f"{LEDGER} {DIRECT}").split(),
    ids=lambda path: path.rpartition(".")[2],
)
def backend(request, settings):
    use_backend(settings, request.param)
    return str(request.param)


@pytest.fixture
def ledger_backend(settings):
    use_backend(settings, LEDGER)


@pytest.fixture
def direct_backend(settings):
    use_backend(settings, DIRECT)


@pytest.fixture
def file(db):
    """The one file of its organization."""
    return make_file()


@pytest.fixture
def clock():
    with stopped_clock() as clock:
        yield clock
