"""The app of the pages. It has no models."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    """Pages for browsers."""

    name = "org_files.web"
    label = "org_files_web"
    verbose_name = _("Pages")
    #: The looks of the pages of share links.
    org_files_shared_template = "org_files_web/shared.html"

    def ready(self) -> None:
        """Connect the checks."""
        from org_files.web import checks  # noqa: F401
