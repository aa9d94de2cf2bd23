"""The contract of counters backends, over those of the package."""

from __future__ import annotations

from django.test import TestCase

from org_files.testing.counters import CountersContract
from tests.counters.conftest import DIRECT, LEDGER, OPTIONS


class TestLedgerCounters(CountersContract, TestCase):
    backend = {"BACKEND": LEDGER, "OPTIONS": OPTIONS[LEDGER]}


class TestDirectCounters(CountersContract, TestCase):
    backend = {"BACKEND": DIRECT}
