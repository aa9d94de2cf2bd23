"""Each way out gives the same bytes, headers and counts through a real socket."""

from typing import ClassVar

import pytest
from django.test import SimpleTestCase

from org_files.testing.served import ServedDeliveryContract

pytestmark = pytest.mark.walks


class OfTheSuite(ServedDeliveryContract):
    kind: ClassVar[str]

    @pytest.fixture(autouse=True)
    def reach(self, ways):
        way = ways(self.kind)
        type(self).api = f"{way.url}/api/"
        type(self).login = way.login


class TestStream(OfTheSuite, SimpleTestCase):
    kind = "stream"


class TestStreamUnderASGI(OfTheSuite, SimpleTestCase):
    kind = "asgi"


class TestStreamOutOfS3(OfTheSuite, SimpleTestCase):
    kind = "stream-s3"


class TestStreamOutOfS3UnderASGI(OfTheSuite, SimpleTestCase):
    kind = "asgi-s3"


class TestXAccel(OfTheSuite, SimpleTestCase):
    kind = "xaccel"


class TestXSendfile(OfTheSuite, SimpleTestCase):
    kind = "xsendfile"


class TestRedirect(OfTheSuite, SimpleTestCase):
    kind = "redirect"
    redirects = True


class TestProxiedStore(OfTheSuite, SimpleTestCase):
    kind = "proxied"
