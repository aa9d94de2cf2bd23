"""The app. Its user model is only installed where AUTH_USER_MODEL names it."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """E-mail users and login."""

    name = "org_files.accounts"
    label = "org_files_accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"
