"""Every route of the contract, and its addresses."""

import re
from dataclasses import dataclass

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

    def __str__(self):
        return self.text

    @property
    def methods(self):
        return {*self.view().allowed_methods} - {"HEAD", "OPTIONS"}

    @property
    def missing_method(self):
        return next(method for method in CHANGES if method not in self.methods)

    @property
    def usual_method(self):
        """A method that changes nothing, if no values are sent by it."""
        return next(method for method in ("GET", "PATCH", "POST", "PUT") if method in self.methods)

    @property
    def is_public(self):
        return AllowAny in self.view.permission_classes

    @property
    def sends_bytes(self):
        """Whether it answers with something else than JSON."""
        return issubclass(self.view.content_negotiation_class, IgnoreAccept)

    @property
    def ids(self):
        """The ids in it: of what kind of thing each one is, by its name."""
        kind = self.text.partition("/")[0]
        if kind == "resources":  # texts that the site chooses, not ids
            return {}
        return {
            name: "users" if name == "user_id" else kind
            for name in re.findall(r"<str:(\w+)>", self.text)
            if name not in VALUES
        }

    def path(self, things=None, **ids):
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
PROTECTED = [route for route in ROUTES if not route.is_public]
PUBLIC = [route for route in ROUTES if route.is_public]
