"""The app of accounts. Its user model is installed only if AUTH_USER_MODEL names it."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_delete
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

        post_delete.connect(avatars.discard_picture, sender="org_files_accounts.Avatar")
        # Without a sender: a site's backends may return users of any class.
        user_logged_in.connect(receivers.record_login)
        user_logged_out.connect(receivers.record_logout)
        user_login_failed.connect(receivers.record_failed_login)
        if apps.is_installed("drf_spectacular"):
            from org_files.accounts import openapi  # noqa: F401
