"""The contract of counters backends for many who ask at once, over those of the package."""

import pytest
from django.test import TransactionTestCase

from org_files.testing.counters import ConcurrentCountersContract
from tests.counters.conftest import DIRECT, LEDGER, OPTIONS


class TestLedgerCounters(ConcurrentCountersContract, TransactionTestCase):
    backend = {"BACKEND": LEDGER, "OPTIONS": OPTIONS[LEDGER]}
    clients, downloads = 5, 8


class TestDirectCounters(ConcurrentCountersContract, TransactionTestCase):
    backend = {"BACKEND": DIRECT}
    clients, downloads = 4, 8


@pytest.mark.load
class TestLedgerCountersUnderLoad(TestLedgerCounters):
    clients, downloads = 32, 100


@pytest.mark.load
class TestDirectCountersUnderLoad(TestDirectCounters):
    clients, downloads = 16, 50
