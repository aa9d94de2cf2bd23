"""The contract of delivery backends, over ours and over one of each kind."""

from django.test import SimpleTestCase

from org_files.testing.delivery import DeliveryContract
from org_files.testing.streaming import StreamingDeliveryContract


class TestStreamDelivery(StreamingDeliveryContract, SimpleTestCase):
    backend = {"BACKEND": "org_files.delivery.StreamDelivery"}


class TestBuffered(DeliveryContract, SimpleTestCase):
    backend = {"BACKEND": "tests.delivery.backends.Buffered"}


class TestFrontServer(DeliveryContract, SimpleTestCase):
    backend = {"BACKEND": "tests.delivery.backends.FrontServer"}
    own_headers = frozenset({"X-Accel-Redirect"})

    def test_part__is_left_to_the_front_server(self):
        for headers in ({}, {"Range": "bytes=2-4"}):
            response = self.deliver(**headers)
            assert response.status_code == 200
            assert "Content-Length" not in response
            assert "Content-Range" not in response


class TestRedirect(DeliveryContract, SimpleTestCase):
    backend = {"BACKEND": "tests.delivery.backends.Redirect"}

    def test_redirect__says_nothing_of_the_content(self):
        for headers in ({}, {"Range": "bytes=2-4"}):
            response = self.deliver(**headers)
            assert response.status_code == 302
            for name in ("Content-Length", "Content-Range", "Content-Disposition", "ETag"):
                assert name not in response
            assert response["Cache-Control"] == "private, no-cache"
