"""The address of a request's client."""

from __future__ import annotations

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
