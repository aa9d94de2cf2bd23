"""A user who logs in by e-mail, for sites that have no user model of their own."""

from __future__ import annotations

from org_files.accounts.base_user import AbstractEmailUser, EmailUserManager

__all__ = ["AbstractEmailUser", "EmailUserManager", "User"]


class User(AbstractEmailUser):
    """The user of a site that brings none of its own."""

    class Meta(AbstractEmailUser.Meta):
        swappable = "AUTH_USER_MODEL"
