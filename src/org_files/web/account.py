"""The requester, as the menu of every page shows them."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse

from org_files.rest.fields import display_name


def has_accounts() -> bool:
    """Return whether the site has the accounts of the package."""
    return apps.is_installed("org_files.accounts")


@dataclass(frozen=True)
class Account:
    """A user's name, and the URL of their picture if there is one."""

    name: str
    picture: str | None


def account_of(user: Any) -> Account:
    """Return the name and the picture of ``user``."""
    picture = None
    if has_accounts():
        from org_files.accounts.models import Avatar

        if Avatar.objects.filter(pk=user.pk).exists():
            picture = reverse("org_files_web:user-avatar", args=[user.pk])
    return Account(display_name(user), picture)
