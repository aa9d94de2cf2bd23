"""Throttles of the package, beside those of the host site."""

import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from rest_framework import throttling
from rest_framework.request import Request
from rest_framework.settings import api_settings

from org_files.events.addresses import address_of, network_of

logger = logging.getLogger("org_files.rest")

#: Rates of scopes that REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] does not name.
DEFAULT_RATES: Mapping[str, str] = {
    "org_files_login": "60/min",
    "org_files_registration": "60/min",
    "org_files_password": "20/min",
    "org_files_upload": "600/min",
    "org_files_refused": "60/min",
}


class ScopedThrottle(throttling.SimpleRateThrottle):
    """A limit on the requests of one scope in each second, minute, hour or day.

    Requests are counted for each user, and for each address without a login. Simultaneous ones are
    counted exactly where the cache has an atomic ``incr``: all of Django's but the database and the
    file cache. The parent reads a list, changes it and writes it back.
    """

    scope: str
    duration: int
    num_requests: int

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def get_rate(self) -> str | None:
        rates: Any = api_settings.DEFAULT_THROTTLE_RATES
        rate: str | None = rates.get(self.scope, DEFAULT_RATES[self.scope])
        return rate

    def get_ident(self, request: Request) -> str:
        return network_of(address_of(request))

    def requester(self, request: Request) -> str:
        """Return the user, or the address, as one text."""
        user = request.user
        logged_in = user is not None and user.is_authenticated
        return f"user:{user.pk}" if logged_in else f"address:{self.get_ident(request)}"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"{self.scope}:{sha256(self.requester(request).encode()).hexdigest()}"

    def allow_request(self, request: Request, view: Any, amount: int = 1) -> bool:
        """Count the request ``amount`` times and return whether it is within the limit."""
        if self.rate is None:
            return True
        window, self.elapsed = divmod(self.timer(), self.duration)
        key = f"{self.get_cache_key(request, view)}:{window:.0f}"
        self.cache.add(key, 0, timeout=self.duration)
        try:
            count = self.cache.incr(key, amount)
        except ValueError:  # the cache has dropped the key
            return True
        return bool(count - amount < self.num_requests)

    def wait(self) -> float:
        return float(self.duration - self.elapsed)


class RefusedThrottle(ScopedThrottle):
    """A limit on the refused requests of one address: answers 401, and unknown tokens of links.

    A successful request is neither counted nor stopped.
    """

    def __init__(self) -> None:
        super().__init__("org_files_refused")

    def requester(self, request: Request) -> str:
        return self.get_ident(request)  # a refused request has no user

    def allow_request(self, request: Request, view: Any, amount: int = 1) -> bool:
        """Count the request. ``amount`` 0 only returns whether it is within the limit."""
        try:
            return super().allow_request(request, view, amount)
        # Each cache has errors of its own.
        except Exception:
            logger.debug("Refused requests are not counted.", exc_info=True)
            return True
