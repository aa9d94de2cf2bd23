"""Environment variables as values. Invalid ones raise ``ImproperlyConfigured`` with a sentence.

An empty variable counts as not set.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = ("1", "on", "true", "yes")
NO = ("0", "off", "false", "no")


def text(name: str, default: str = "") -> str:
    """Return the variable ``name`` without blanks around it."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """Return a variable that is on or off."""
    value = text(name).lower()
    if not value:
        return default
    if value not in YES + NO:
        raise ImproperlyConfigured(
            f"{name} must be one of {', '.join(YES)}, or of {', '.join(NO)}, not {value!r}."
        )
    return value in YES


def choice(name: str, choices: Collection[str], *, default: str) -> str:
    """Return a variable that is one of ``choices``."""
    value = text(name, default).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def whole_number(name: str, *, minimum: int, default: int | None) -> int | None:
    """Return a variable that is a whole number, ``minimum`` or more, or else ``default``."""
    value = text(name)
    if not value:
        return default
    # Eighteen digits are within the range of every database.
    if not is_number(value) or len(value) > 18 or int(value) < minimum:
        raise ImproperlyConfigured(
            f"{name} must be a whole number, {minimum} or more, not {value!r}."
        )
    return int(value)


def is_number(value: str) -> bool:
    """Return whether ``value`` has ASCII digits only."""
    return value.isascii() and value.isdigit()


def url(name: str, schemes: Collection[str], *, form: str, package: str) -> str:
    """Return a variable that is the URL of a server and needs ``package`` to be installed.

    Args:
        schemes: those that are accepted.
        form: what a URL looks like, for the error.
    """
    value = text(name)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        # An invalid port raises when it is read.
        is_valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    else:
        # The client of Redis ignores a database that is not a number, and uses the first.
        if is_valid and parts.scheme.startswith("redis"):
            databases = [parts.path.removeprefix("/") or "0", *parse_qs(parts.query).get("db", [])]
            is_valid = all(map(is_number, databases))
    if not is_valid:
        # Without the URL itself, which may hold a password.
        raise ImproperlyConfigured(
            f"{name} must be of the form {form}, with special characters percent-encoded."
        )
    if find_spec(package) is None:
        raise ImproperlyConfigured(
            f"{name} is set, but {package} is not installed: "
            'pip install "django-org-files[celery]" brings it.'
        )
    return value


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return a variable that is a list, separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def folder(name: str, default: Path | None = None) -> Path | None:
    """Return a variable that names a folder, as an absolute path."""
    value = text(name)
    return Path(value).expanduser().absolute() if value else default
