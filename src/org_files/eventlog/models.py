"""The table of the event log. It refers to no other table, so entries outlive their objects."""

import logging

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Names of levels are not translated.
LEVELS = {
    getattr(logging, name): name for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
}


class LogEntry(models.Model):
    """One record of a logger below ``org_files``: an event, or another message."""

    created_at = models.DateTimeField(_("created at"))
    level = models.PositiveSmallIntegerField(_("level"), choices=LEVELS)
    logger = models.CharField(_("logger"), max_length=100)
    event = models.CharField(_("event"), max_length=50, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, blank=True)
    # Primary keys as text: the site's models choose their type.
    actor = models.CharField(_("actor"), max_length=64, blank=True)
    object_type = models.CharField(_("type of object"), max_length=20, blank=True)
    object_id = models.CharField(_("object"), max_length=64, blank=True)
    organization = models.CharField(_("organization"), max_length=64, blank=True)
    address = models.CharField(_("address"), max_length=64, blank=True)
    request_id = models.CharField(_("request"), max_length=32, blank=True)
    message = models.TextField(_("message"))
    details = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        indexes = [
            models.Index(fields=["created_at"], name="org_files_eventlog_created"),
            models.Index(fields=["event", "created_at"], name="org_files_eventlog_event"),
            models.Index(fields=["actor", "created_at"], name="org_files_eventlog_actor"),
        ]

    def __str__(self) -> str:
        return self.event or self.message[:50]
