"""The app, and the one write to settings that swappable models need."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from org_files import conf

# Migrations of hosts, and the autodetector, read both labels from settings before any of our
# code could supply a default.
for _setting, _default in conf.SWAPPABLE_DEFAULTS.items():
    if not hasattr(settings, _setting):
        setattr(settings, _setting, _default)


class OrgFilesConfig(AppConfig):
    """Files that belong to organizations."""

    name = "org_files"
    verbose_name = _("Organizations and files")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the system checks, and drf-spectacular where the site has it."""
        from org_files import checks  # noqa: F401

        if apps.is_installed("drf_spectacular"):
            from org_files.rest import openapi  # noqa: F401
