"""Every route of the contract, and its addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import AllowAny

from org_files.accounts.urls import urlpatterns as accounts_patterns
from org_files.rest.base import BaseView, IgnoreAccept
from org_files.rest.urls import urlpatterns
from tests.rest.requests import MISSING_ID

#: Of what is no id, by its name.
VALUES = {"height": "200"}

CHANGES = ("PUT", "PATCH", "POST", "DELETE")


@dataclass(frozen=True)
class Route:
    """One path of the URLconfs, as it stands there."""

    text: str
    view: type[BaseView]

    def __str__(self) -> str:
        return self.text

    @property
    def methods(self) -> set[str]:
        """The methods that the contract has for it."""
        return {*self.view().allowed_methods} - {"HEAD", "OPTIONS"}

    @property
    def missing_method(self) -> str:
        """A method that it does not have."""
        return next(method for method in CHANGES if method not in self.methods)

    @property
    def usual_method(self) -> str:
        """A method that changes nothing, if no values are sent by it."""
        return next(method for method in ("GET", "PATCH", "POST", "PUT") if method in self.methods)

    @property
    def is_public(self) -> bool:
        """Whether nobody needs to be logged in."""
        return AllowAny in self.view.permission_classes

    @property
    def sends_bytes(self) -> bool:
        """Whether it answers with something else than JSON."""
        return self.view.content_negotiation_class is IgnoreAccept

    @property
    def ids(self) -> dict[str, str]:
        """The ids in it: of what kind of thing each one is, by its name."""
        kind = self.text.partition("/")[0]
        if kind == "resources":  # texts that the site chooses, not ids
            return {}
        return {
            name: "users" if name == "user_id" else kind
            for name in re.findall(r"<str:(\w+)>", self.text)
            if name not in VALUES
        }

    def path(self, things: Mapping[str, Any] | None = None, **ids: str) -> str:
        """Return the path of ``things``, ids by kind; ``ids`` by name come first.

        Where both leave an id open, it is one of nothing.
        """
        path = f"/api/{self.text}"
        for name, kind in self.ids.items():
            id = ids.get(name, (things or {}).get(kind, MISSING_ID))
            path = path.replace(f"<str:{name}>", str(id))
        return re.sub(r"<str:(\w+)>", lambda found: VALUES.get(found[1], found[1]), path)


ROUTES = sorted(
    (
        Route(str(pattern.pattern), pattern.callback.view_class)
        for pattern in [*urlpatterns, *accounts_patterns]
    ),
    key=str,
)
BY_ID = [route for route in ROUTES if route.ids]
PROTECTED = [route for route in ROUTES if not route.is_public]
PUBLIC = [route for route in ROUTES if route.is_public]
#: For each id in each path.
IDS = [(route, name) for route in BY_ID for name in route.ids]
