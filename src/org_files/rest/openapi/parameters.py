"""Parameters of operations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import django_filters
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http.request import HttpHeaders
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import Serializer

from org_files import get_organization_model
from org_files.db.keys import MAX_INTEGER
from org_files.rest import filters
from org_files.rest.base import IgnoreAccept
from org_files.rest.openapi.extensions import BINARY, STRING, Schema, key_of
from org_files.rest.openapi.uploads import BYTES, QUERY_FIELDS, REQUEST_HEADERS
from org_files.rest.views.lists import ListView
from org_files.validators import MAX_HEIGHT

FORM = "multipart/form-data"

BOOLEAN: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer", "format": "int64", "minimum": 0}
UUID: Schema = STRING | {"format": "uuid"}
HEIGHT: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_HEIGHT}
DAYS: Schema = {"type": "integer", "minimum": 1, "maximum": 366, "default": 30}
DISPOSITIONS: Schema = STRING | {"enum": ["attachment", "inline"], "default": "attachment"}

#: Parameters of paths by their name, or by the part of the path before them.
PATH: dict[str, tuple[str, Callable[[], Schema]]] = {
    "token": ("The token at the end of a link's `url`.", lambda: STRING),
    "height": ("Pixels: one of the heights in the file's `renditions`.", lambda: HEIGHT),
    "resource": ("A kind of object of the site.", lambda: STRING | {"maxLength": 100}),
    "resource_id": ("The id of the object.", lambda: STRING | {"maxLength": 100}),
    "files": ("Id of the file.", lambda: UUID),
    "links": ("Id of the link.", lambda: UUID),
    "uploads": ("Id of the session, a secret of its owner.", lambda: STRING),
    "organizations": ("Id of the organization.", lambda: key_of(get_organization_model())),
    "members": ("Id of the user.", lambda: key_of(get_user_model())),
    "users": ("Id of the user.", lambda: key_of(get_user_model())),
}

#: Query parameters, and the operations that take them.
QUERY: dict[str, tuple[str, Schema]] = {
    "access": ("Comes with the redirect after a password, for a minute.", STRING),
    "days": ("Days to count downloads of, up to today.", DAYS),
    "disposition": ("Save or show: `inline` holds for types that run no scripts.", DISPOSITIONS),
    "expand": ("`members` adds the members.", STRING | {"enum": ["members"]}),
    "permanent": ("Whether to remove the file for good.", BOOLEAN | {"default": False}),
    "ticket": ("Takes the place of a login. 401 once it has expired.", STRING),
}
TAKEN: Mapping[str, Sequence[str]] = {
    "files_content": ("disposition", "ticket"),
    "files_delete": ("permanent",),
    "files_rendition": ("disposition", "ticket"),
    "organizations_create": ("expand",),
    "organizations_list": ("expand",),
    "organizations_retrieve": ("expand",),
    "organizations_update": ("expand",),
    "organizations_usage": ("days",),
    "shared_content": ("access", "disposition"),
}
#: Request headers of answers with bytes.
CONDITIONS = {
    "Range": "One range of bytes, such as `bytes=0-1023`.",
    **dict.fromkeys(("If-Range", "If-Match", "If-None-Match"), "An entity tag (RFC 9110 §13)."),
    **dict.fromkeys(("If-Modified-Since", "If-Unmodified-Since"), "A date (RFC 9110 §13)."),
}


class ParameterSchema(AutoSchema):
    """Describes the parameters of an operation, and its body."""

    view: Any

    @property
    def _is_list(self) -> bool:
        return isinstance(self.view, ListView) and self.method == "GET"

    @property
    def _sends_bytes(self) -> bool:
        ignores = self.view.content_negotiation_class is IgnoreAccept and self._id != "health"
        return ignores and self.method == "GET"

    @property
    def _takes_file(self) -> bool:
        return bool(self.view.file_fields.get(self.method))

    @property
    def _id(self) -> str:
        """Return the operation id without the prefix."""
        return str(self.view.operation_ids[self.method])

    def get_operation_id(self) -> str:
        return f"org_files_{self._id}"

    def _get_request_body(self, direction: Any = "request") -> Schema | None:
        if self.view.serializer_class is Serializer:  # takes nothing
            return None
        usual: Any = super()._get_request_body
        has_fields = self._id not in BYTES or self.method in self.view.request_serializers
        body: Schema | None = usual(direction) if has_fields else {}
        if body and self._takes_file:
            body["content"] = {FORM: body["content"][FORM]}
        if body is not None and self._id in BYTES:
            content = {each: {"schema": BINARY} for each in BYTES[self._id]}
            body["content"] = {**body.get("content", {}), **content}
            if self.method in self.view.request_serializers and not self._takes_file:
                body.pop("required", None)  # tus creates a session without a body
        return body

    def _get_parameters(self) -> list[Schema]:
        found = [*self._path_parameters(), *self._query_parameters()]
        found += [_parameter(n, *QUERY[n]) for n in TAKEN.get(self._id, ())]
        text = "IETF draft: the field of the file, where the body is its bytes."
        found += [_parameter(name, text, STRING) for name in QUERY_FIELDS.get(self._id, ())]
        headers = dict(CONDITIONS if self._sends_bytes else REQUEST_HEADERS.get(self._id, {}))
        ways = self.view.get_authenticators()
        is_change = self.method not in SAFE_METHODS
        if is_change and any(isinstance(way, SessionAuthentication) for way in ways):
            name = HttpHeaders.parse_header_name(settings.CSRF_HEADER_NAME) or ""
            headers[name] = f"In a session: the value of the cookie `{settings.CSRF_COOKIE_NAME}`."
        schemas = dict.fromkeys(("Upload-Offset", "Upload-Length"), NUMBER)
        return found + [
            _parameter(n, text, schemas.get(n, STRING), "header") for n, text in headers.items()
        ]

    def _path_parameters(self) -> Iterator[Schema]:
        for before, part in pairwise(self.path.split("/")):
            if not part.startswith("{"):
                continue
            name = part.strip("{}")
            if known := PATH.get(name) or PATH.get(before):
                yield _parameter(name, known[0], known[1](), "path")
            else:  # in a prefix of the site
                resolve: Any = self._resolve_path_parameters
                yield from resolve([name])

    def _query_parameters(self) -> Iterator[Schema]:
        # The filters of a list also hold for a removal of all its rows.
        if not isinstance(self.view, ListView) or self.method not in ("GET", "DELETE"):
            return
        view: Any = self.view
        for name, item in getattr(view.filterset_class, "base_filters", {}).items():
            if f"{{{name}}}" not in self.path:
                text = item.extra.get("help_text") or item.label or ""
                yield _parameter(name, str(text), _filter_schema(item))
        if view.search_fields:
            text = f"Words, all of which occur in {' or '.join(view.search_fields)}."
            yield _parameter("search", text, STRING | {"maxLength": filters.MAX_SEARCH_LENGTH})
        if self._is_list:
            names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
            text = f"Fields to order by, `-` for descending; `{view.ordering}` by default."
            schema = {"type": "array", "items": STRING | {"enum": names}}
            yield _parameter("ordering", text, schema) | {"style": "form", "explode": False}
            yield from view.pagination_class().get_schema_operation_parameters(view)


def _filter_schema(item: django_filters.Filter) -> Schema:
    if isinstance(item, filters.KeyFilter):
        return key_of(item.keyed_model())
    if isinstance(item, filters.ByteCountFilter):
        return {"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_INTEGER}
    if isinstance(item, filters.MomentFilter):
        return STRING | {"format": "date-time"}
    if isinstance(item, filters.FlagFilter):
        return BOOLEAN
    if isinstance(item, django_filters.ChoiceFilter):
        return STRING | {"enum": [value for value, _label in item.extra["choices"]]}
    return STRING


def _parameter(name: str, text: str, schema: Schema, place: str = "query") -> Schema:
    found = {"in": place, "name": name, "description": text, "schema": dict(schema)}
    return found | {"required": place == "path"}
