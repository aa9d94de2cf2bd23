"""The state of the site, for load balancers and monitoring."""

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from org_files.health import get_health
from org_files.rest.base import IgnoreAccept, PublicView
from org_files.rest.errors import RETRY_AFTER


class HealthView(PublicView):
    """The state of the site. It needs neither the database nor the cache to answer."""

    tag = "Health"
    operation_ids = {"GET": "health"}
    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)

    def get_throttles(self) -> list[BaseThrottle]:
        return []  # They need the cache.

    def get(self, request: Request) -> Response:
        """Tell whether the site works.

        503 with the same body if the database or the storage fails, else 200. A result is kept for
        5 seconds.
        """
        state = get_health()
        if state.is_serving:
            return Response(state.as_json())
        return Response(state.as_json(), status=503, headers={"Retry-After": str(RETRY_AFTER)})
