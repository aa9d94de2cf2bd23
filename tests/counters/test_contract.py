"""The contract of counters backends, over those of the package."""

import os

from django.test import TestCase

from org_files.counters import Counters, DirectCounters
from org_files.testing.counters import CountersContract
from org_files.testing.counters.bulk import BulkTests
from tests.counters.conftest import DIRECT, LEDGER, OPTIONS


class TestLedgerCounters(CountersContract, TestCase):
    backend = {"BACKEND": LEDGER, "OPTIONS": OPTIONS[LEDGER]}


# It has no SQL of its own. Its races run on PostgreSQL too.
if os.environ.get("TEST_DATABASE") != "postgresql":

    class TestDirectCounters(CountersContract, TestCase):
        backend = {"BACKEND": DIRECT}


class OneByOne(DirectCounters):
    """A backend of a site's own, which does not define how many downloads are recorded."""

    bulk_record = Counters.bulk_record


class TestCountersOfASite(BulkTests, TestCase):
    backend = {"BACKEND": f"{__name__}.OneByOne"}
