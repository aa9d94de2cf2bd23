"""Limits on what can be guessed or flooded, beside those of the host site."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any

from rest_framework import throttling
from rest_framework.request import Request
from rest_framework.settings import api_settings

__all__ = ["DEFAULT_RATES", "ScopedThrottle", "address_of", "network_of"]

#: Where REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] does not name the scope. ``None`` is no limit.
DEFAULT_RATES: Mapping[str, str] = {
    "org_files_login": "60/min",
    "org_files_registration": "60/min",
    "org_files_password": "20/min",
    "org_files_upload": "600/min",
}


def address_of(request: Any) -> str:
    """Return the address; X-Forwarded-For counts only behind as many proxies as the site has.

    DRF believes all of that header where NUM_PROXIES is not set.
    """
    if api_settings.NUM_PROXIES is None:
        return str(request.META.get("REMOTE_ADDR", ""))
    return str(throttling.BaseThrottle().get_ident(request))


def network_of(address: str) -> str:
    """Return whose address it is: of IPv6 the network of 64 bits, all of which one client has."""
    try:
        parsed = ip_address(address)
    except ValueError:  # of a socket of its own, a test's
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))


class ScopedThrottle(throttling.SimpleRateThrottle):
    """At most so many requests of one scope in each second, minute, hour or day.

    Counted for each user, and for each address while nobody is logged in. Requests at the same
    time are counted exactly in a cache whose ``incr`` is atomic; of Django's, all but the database
    and the file cache.
    """

    scope: str
    duration: int
    num_requests: int

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def get_rate(self) -> str | None:
        """Return the site's rate, or ours."""
        rates: Any = api_settings.DEFAULT_THROTTLE_RATES
        rate: str | None = rates.get(self.scope, DEFAULT_RATES[self.scope])
        return rate

    def get_ident(self, request: Request) -> str:
        """Return the address that the request comes from."""
        return network_of(address_of(request))

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Return what the requests of one requester are counted under."""
        user = request.user
        logged_in = user is not None and user.is_authenticated
        requester = f"user:{user.pk}" if logged_in else f"address:{self.get_ident(request)}"
        return f"{self.scope}:{sha256(requester.encode()).hexdigest()}"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and return whether it is within the limit."""
        if self.rate is None:
            return True
        window, self.elapsed = divmod(self.timer(), self.duration)
        key = f"{self.get_cache_key(request, view)}:{window:.0f}"
        # Never read, changed and written back: requests at once would count as one.
        self.cache.add(key, 0, timeout=self.duration)
        try:
            count = self.cache.incr(key)
        except ValueError:  # dropped by the cache since
            return True
        return bool(count <= self.num_requests)

    def wait(self) -> float:
        """Return the seconds until the next request is allowed."""
        return float(self.duration - self.elapsed)
