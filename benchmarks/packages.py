"""Rivals of a download from the package index, each as its documentation sets it up.

    python -m benchmarks.packages

makes a file of each in the site's database, and prints its path and a cookie of its reader.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

WAGTAIL = ("users", "documents", "images", "admin", "")

#: The distribution: its module, and what INSTALLED_APPS needs.
PACKAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "django-private-storage": ("private_storage", ("private_storage",)),
    "wagtail": (
        "wagtail",
        (*(f"wagtail.{app}".rstrip(".") for app in WAGTAIL), "modelcluster", "taggit"),
    ),
    "django-filer": ("filer", ("easy_thumbnails", "polymorphic", "filer")),
}


def installed() -> list[str]:
    """Return the distributions that are there."""
    return [name for name, (module, _) in PACKAGES.items() if find_spec(module)]


def installed_apps() -> list[str]:
    """Return the apps of the distributions that are there."""
    return [app for name in installed() for app in PACKAGES[name][1]]


def routes() -> list[Any]:
    """Return the routes of the distributions that are there."""
    from django.urls import include, path

    places = {
        "django-private-storage": ("private/", "private_storage.urls"),
        "wagtail": ("documents/", "wagtail.documents.urls"),
        "django-filer": ("", "filer.server.urls"),
    }
    return [path(route, include(urls)) for route, urls in map(places.get, installed())]


def private_storage(user: Any, content: Any) -> str:
    """A file that users who have logged in may read."""
    from private_storage.storage import private_storage as storage

    return f"/private/{storage.save('hot.bin', content)}"


def wagtail(user: Any, content: Any) -> str:
    """A document of a collection that users who have logged in may read."""
    from wagtail.documents import get_document_model
    from wagtail.models import Collection, CollectionViewRestriction

    collection = Collection.get_first_root_node()
    CollectionViewRestriction.objects.create(collection=collection, restriction_type="login")
    document = get_document_model().objects.create(title="hot", file=content, collection=collection)
    return str(document.url)


def filer(user: Any, content: Any) -> str:
    """A private file of its owner."""
    from filer.models import File

    return str(File.objects.create(file=content, owner=user, is_public=False).url)


MAKERS: dict[str, Callable[[Any, Any], str]] = {
    "django-private-storage": private_storage,
    "wagtail": wagtail,
    "django-filer": filer,
}


def main() -> None:
    """Make the files."""
    from django.core.files.base import ContentFile

    from benchmarks.seed import CONTENT_SIZE, make_hot, session_cookie

    user = make_hot().user
    for name in installed():
        content = ContentFile(secrets.token_bytes(CONTENT_SIZE), name="hot.bin")
        print(
            json.dumps({"name": name, "path": MAKERS[name](user, content), **session_cookie(user)})
        )


if __name__ == "__main__":
    import django

    django.setup()
    main()
