"""Each way out gives the same bytes, headers and counts through a real socket."""

from typing import ClassVar

import pytest
from django.test import SimpleTestCase

from org_files.testing.served import ServedDeliveryContract
from tests.ways_out.conftest import DELIVERIES

pytestmark = pytest.mark.walks


class OfTheSuite(ServedDeliveryContract):
    kind: ClassVar[str]

    @pytest.fixture(autouse=True)
    def reach(self, ways):
        way = ways(self.kind)
        type(self).api = f"{way.url}/api/"
        type(self).login = way.login


# Classes of unittest take no parameters.
for kind in DELIVERIES:
    name, values = f"Test_{kind}", {"kind": kind, "redirects": kind == "redirect"}
    globals()[name] = type(name, (OfTheSuite, SimpleTestCase), values)
