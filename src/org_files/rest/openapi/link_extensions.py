"""What serializers of share links and tickets leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from org_files.models import LinkState
from org_files.rest.openapi.components import STRING, URI, Schema, nullable, register
from org_files.rest.openapi.properties import PropertiesExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

__all__ = [
    "LinkChangeExtension",
    "LinkExtension",
    "LinkPasswordExtension",
    "LinkedFileExtension",
    "NewLinkExtension",
    "TicketExtension",
    "TicketRequestExtension",
]

MODULE = "org_files.rest.link_serializers"
COUNT: Schema = {"type": "integer", "minimum": 0}


class LinkExtension(PropertiesExtension):
    """Values of methods, and columns whose type is enough."""

    target_class = f"{MODULE}.LinkSerializer"
    name = "ShareLink"
    shows_all = True
    descriptions = {
        "rendition": "The height of the picture that it gives; null for the original.",
        "url": "What opens the file; null once the secret key of the site is another.",
        "label": "For whoever made it: nobody who holds the URL sees it.",
        "expires_at": "Null for a link without an end.",
        "time_left": "Whole seconds; null for a link without an end, 0 for one that is over.",
        "state": "The first that holds of `revoked`, `expired`, `exhausted`.",
        "max_downloads": "Null without a limit.",
        "download_count": "Downloads that were granted.",
        "has_password": "Whether a password is asked for.",
    }

    def properties(self, auto_schema: AutoSchema) -> dict[str, Schema]:
        """Return what annotations of methods leave open."""
        registry = auto_schema.registry
        states = [str(state) for state in LinkState]
        return {
            "rendition": nullable(COUNT),
            "url": nullable(URI),
            "time_left": nullable(COUNT),
            # By reference, as the role of a member.
            "state": register(registry, "ShareLinkState", STRING | {"enum": states}),
            "max_downloads": nullable(COUNT),
            "download_count": COUNT,
        }


class LinkedFileExtension(PropertiesExtension):
    """The texts."""

    target_class = f"{MODULE}.LinkedFileSerializer"
    name = "SharedFile"
    descriptions = {"size": "Bytes."}


class LinkChangeExtension(PropertiesExtension):
    """The texts."""

    target_class = f"{MODULE}.LinkChangeSerializer"
    name = "ShareLinkChange"
    descriptions = {
        "label": "For whoever made it: nobody who holds the URL sees it.",
        "expires_in": "Seconds from now, within the bounds of the tier; null for a link without an "
        "end.",
        "max_downloads": "Null without a limit.",
    }


class NewLinkExtension(LinkChangeExtension):
    """The texts."""

    target_class = f"{MODULE}.NewLinkSerializer"
    name = "NewShareLink"
    priority = 1
    descriptions = {
        **LinkChangeExtension.descriptions,
        "password": "What whoever holds the URL is asked for, too.",
        "rendition": "A height of the picture; null for the original.",
    }


class LinkPasswordExtension(PropertiesExtension):
    """The name."""

    target_class = f"{MODULE}.LinkPasswordSerializer"
    name = "ShareLinkPassword"


class TicketRequestExtension(PropertiesExtension):
    """The texts."""

    target_class = f"{MODULE}.TicketRequestSerializer"
    name = "NewTicket"
    descriptions = {"height": "A height of the picture; null for the original."}


class TicketExtension(PropertiesExtension):
    """The texts."""

    target_class = f"{MODULE}.TicketSerializer"
    name = "Ticket"
    descriptions = {"url": "What a browser can fetch.", "expires_at": "Until when it can."}
