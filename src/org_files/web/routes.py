"""Paths of pages, as far as the site has them."""

from contextlib import suppress
from typing import Any

from django.urls import NoReverseMatch, reverse


def url_of(name: str, **kwargs: Any) -> str | None:
    """Return the path of a page by its name, ``None`` if the site has no such route."""
    with suppress(NoReverseMatch):
        return reverse(f"org_files_web:{name}", kwargs=kwargs)
    return None
