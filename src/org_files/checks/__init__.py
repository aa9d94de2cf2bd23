"""System checks, registered when this package is imported; docs/reference lists them all."""

from org_files.checks.deployment import (
    check_connections,
    check_pictures,
    check_proxies,
    check_storage,
)
from org_files.checks.migrations import check_migrations
from org_files.checks.models import check_cascades, check_models
from org_files.checks.settings import check_database, check_extras, check_settings
from org_files.checks.tiers import check_default_tier

__all__ = [
    "check_cascades",
    "check_connections",
    "check_database",
    "check_default_tier",
    "check_extras",
    "check_migrations",
    "check_models",
    "check_pictures",
    "check_proxies",
    "check_settings",
    "check_storage",
]
