"""The app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventLogConfig(AppConfig):
    """What happened."""

    name = "org_files.eventlog"
    label = "org_files_eventlog"
    verbose_name = _("Event log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the job that removes old entries."""
        from org_files.eventlog import retention  # noqa: F401
