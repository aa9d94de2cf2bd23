"""Limits and rights by the tier of an organization, read with each request."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q

from org_files import conf
from org_files.exceptions import ConfigurationError
from org_files.models import PICTURE_TYPES, AbstractFile, Tier

__all__ = [
    "TIER",
    "allows_original",
    "default_tier",
    "has_pillow",
    "heights_of",
    "original_allowed",
    "tier_of_file",
    "tier_of_organization",
]

#: For ``select_related`` of files, beside ``"organization"``.
TIER = "organization__org_files_subscription__tier"


def default_tier() -> Tier | None:
    """Return the tier of new organizations, or ``None``.

    Raises ``ConfigurationError`` if no tier has the name of ``ORG_FILES["DEFAULT_TIER"]``.
    """
    name = conf.default_tier()
    if name is None:
        return None
    tier = Tier.objects.filter(name=name).first()
    if tier is None:
        raise ConfigurationError(
            f'ORG_FILES["DEFAULT_TIER"] names {name!r}, but there is no such tier.'
        )
    return tier


def tier_of_organization(organization_pk: Any) -> Tier | None:
    """Return the tier of an organization, or ``None``."""
    return Tier.objects.filter(subscriptions=organization_pk).first()


def tier_of_file(file: AbstractFile) -> Tier | None:
    """Return the tier of the organization of ``file``, without a query if it was joined."""
    try:
        subscription = file.organization.org_files_subscription
    except ObjectDoesNotExist:
        return None
    tier: Tier = subscription.tier
    return tier


def heights_of(file: AbstractFile) -> Sequence[int]:
    """Return the heights of the renditions of ``file`` in pixels, lowest first.

    There are none of a file that is no picture, and none on a site without Pillow.
    """
    if not file.is_picture or not has_pillow():
        return ()
    tier = tier_of_file(file)
    return conf.heights() if tier is None else tier.sorted_heights


@cache
def has_pillow() -> bool:
    """Return whether pictures can be decoded."""
    return find_spec("PIL") is not None


def allows_original(file: AbstractFile) -> bool:
    """Return whether the original of ``file`` may be served: for pictures the tier decides."""
    tier = tier_of_file(file) if file.is_picture else None
    return tier is None or tier.allow_original


def original_allowed() -> Q:
    """Return the condition of files for which ``allows_original`` is true."""
    subscription = "organization__org_files_subscription"
    return (
        ~Q(content_type__in=PICTURE_TYPES)
        | Q(**{f"{subscription}__isnull": True})
        | Q(**{f"{subscription}__tier__allow_original": True})
    )
