"""Delivery: conditional requests and ranges, and the backends that answer with the bytes."""

from org_files.backends import load
from org_files.delivery.base import Deliverable, DeliveryBackend, StreamDelivery, is_listed
from org_files.delivery.conditional import (
    ByteRange,
    Plan,
    Unsatisfiable,
    asks_range,
    is_conditional,
    parse_range,
    plan,
)
from org_files.delivery.outside import (
    RedirectDelivery,
    XAccelDelivery,
    XAccelStorageDelivery,
    XSendfileDelivery,
)

__all__ = [
    "ByteRange",
    "Deliverable",
    "DeliveryBackend",
    "Plan",
    "RedirectDelivery",
    "StreamDelivery",
    "Unsatisfiable",
    "XAccelDelivery",
    "XAccelStorageDelivery",
    "XSendfileDelivery",
    "asks_range",
    "get_delivery",
    "is_conditional",
    "is_listed",
    "parse_range",
    "plan",
]


def get_delivery() -> DeliveryBackend:
    """Return the backend that ``ORG_FILES["DELIVERY"]`` names.

    Raises ``ConfigurationError`` where it cannot be loaded.
    """
    return load("DELIVERY", DeliveryBackend)
