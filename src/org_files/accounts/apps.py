"""The app of accounts. Its user model is installed only if AUTH_USER_MODEL names it."""

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """E-mail users and login."""

    name = "org_files.accounts"
    label = "org_files_accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect checks, receivers, and drf-spectacular if the site has it."""
        from org_files.accounts import avatars, checks, receivers  # noqa: F401

        if apps.is_installed("drf_spectacular"):
            from org_files.accounts import openapi  # noqa: F401
