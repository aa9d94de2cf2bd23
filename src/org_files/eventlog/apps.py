"""The event log's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventLogConfig(AppConfig):
    """The event log: a table of log records."""

    name = "org_files.eventlog"
    label = "org_files_eventlog"
    verbose_name = _("Event log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from org_files.eventlog import checks, retention  # noqa: F401
