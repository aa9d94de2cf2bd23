"""Environment variables as values. One that makes no sense is refused in a sentence.

An empty variable counts as one that is not set.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

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
    if not (value.isascii() and value.isdigit() and len(value) <= 18) or int(value) < minimum:
        raise ImproperlyConfigured(
            f"{name} must be a whole number, {minimum} or more, not {value!r}."
        )
    return int(value)


def url(name: str, schemes: Collection[str], *, form: str, package: str) -> str:
    """Return a variable that is the URL of a server, for which ``package`` has to be installed.

    ``form`` is what one looks like.
    """
    value = text(name)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        # A port that is none raises when it is read.
        is_whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        is_whole = is_whole and _database_is_a_number(parts)
    except ValueError:
        is_whole = False
    if not is_whole:
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


def _database_is_a_number(parts: SplitResult) -> bool:
    if not parts.scheme.startswith("redis"):
        return True
    # Without a number it is the first. One that is none is taken for it as well, in silence.
    given = [parts.path.removeprefix("/") or "0", *parse_qs(parts.query).get("db", [])]
    return all(number.isascii() and number.isdigit() for number in given)


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return a variable that is a list, separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def folder(name: str, default: Path | None = None) -> Path | None:
    """Return a variable that names a folder, as an absolute path."""
    value = text(name)
    return Path(value).expanduser().absolute() if value else default
