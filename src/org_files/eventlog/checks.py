"""The system check of the event log."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

HANDLER = "org_files.eventlog.handlers.DatabaseHandler"


# Registered by the handler's module too: the check is for sites that lack the app.
@register("org_files")
def check_log(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that the app is installed where ``LOGGING`` names its handler."""
    handlers: Any = getattr(settings, "LOGGING", {}).get("handlers", {})
    named = any(HANDLER in (each.get("class"), each.get("()")) for each in handlers.values())
    if not named or apps.is_installed("org_files.eventlog"):
        return []
    return [
        Error(
            f"LOGGING names {HANDLER}, but its app is not installed: it keeps nothing.",
            hint='INSTALLED_APPS += ["org_files.eventlog"]',
            id="org_files.E018",
        )
    ]
