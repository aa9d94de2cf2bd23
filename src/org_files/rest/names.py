"""Display names of users."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser


def display_name(user: AbstractBaseUser) -> str:
    """Return how ``user`` is shown to others: the full name, else the login name."""
    full_name = getattr(user, "get_full_name", str)()
    return full_name or user.get_username()
