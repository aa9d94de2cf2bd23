"""The contract of delivery backends, over the base and over ours."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import SimpleTestCase

from org_files.delivery import Deliverable, DeliveryBackend, Plan
from org_files.testing.delivery import DeliveryContract
from org_files.testing.streaming import StreamingDeliveryContract


class Empty(DeliveryBackend):
    """Leaves the body to somebody else, as a front server does."""

    def respond(self, request: Any, item: Deliverable, plan: Plan) -> HttpResponseBase:
        return HttpResponse(status=plan.status)


class TestBase(DeliveryContract, SimpleTestCase):
    backend = {"BACKEND": f"{__name__}.Empty"}


class TestStreamDelivery(StreamingDeliveryContract, SimpleTestCase):
    backend = {"BACKEND": "org_files.delivery.StreamDelivery"}
