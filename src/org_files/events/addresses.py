"""Addresses of clients, and their networks."""

from ipaddress import ip_address, ip_network
from typing import Any

from rest_framework.settings import api_settings


def address_of(request: Any) -> str:
    """Return the client's address, which ``REST_FRAMEWORK["NUM_PROXIES"]`` says how to find.

    As many of the last addresses in ``X-Forwarded-For`` are trusted. Without the setting none is.
    """
    proxies = api_settings.NUM_PROXIES
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if not proxies or forwarded is None:
        return str(request.META.get("REMOTE_ADDR", ""))
    addresses: list[str] = forwarded.split(",")
    return addresses[-min(proxies, len(addresses))].strip()


def network_of(address: str) -> str:
    """Return the network of a client: 64 bits of an IPv6 address, a whole IPv4 address."""
    try:
        parsed = ip_address(address)
    except ValueError:  # A Unix socket has none.
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))
