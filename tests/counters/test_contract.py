"""The contract of counters backends, over those of the package."""

import os

from django.test import TestCase

from org_files.testing.counters import CountersContract
from tests.counters.conftest import DIRECT, LEDGER, OPTIONS


class TestLedgerCounters(CountersContract, TestCase):
    backend = {"BACKEND": LEDGER, "OPTIONS": OPTIONS[LEDGER]}


# It has no SQL of its own. Its races run on PostgreSQL too.
if os.environ.get("TEST_DATABASE") != "postgresql":

    class TestDirectCounters(CountersContract, TestCase):
        backend = {"BACKEND": DIRECT}
