"""Parameters: those of a list are read off its view, so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_filters
from django.conf import settings
from django.http.request import HttpHeaders

from org_files.rest import filters
from org_files.rest.fields import MAX_INTEGER
from org_files.rest.openapi.components import DATE_TIME, STRING, Schema, array_of, key_schema
from org_files.rest.openapi.operations import parameter

__all__ = ["csrf_parameter", "filter_parameters", "list_parameters"]

FILTERS = {
    "organization": "Files of this organization.",
    "owner": "Files of this user. For an operator under the policy of owners, also others'.",
    "resource": "Files linked to things of this kind of the host site.",
    "resource_id": "Files linked to the thing of this id.",
    "content_type": "Exactly this content type, such as `application/pdf`.",
    "is_picture": "Pictures (GIF, JPEG, PNG, WebP), or everything else.",
    "is_public": "Public files, or the others. In `files/`, under the default policy, `true` also "
    "brings those of other organizations.",
    "name": "Exactly this name.",
    "created_after": "Created later than this.",
    "created_before": "Created earlier than this.",
    "min_size": "At least so many bytes.",
    "max_size": "At most so many bytes.",
    "trashed": "`true`: what is in the trash and one may take out of it, instead of what is not.",
    "state": "Links of which this has become.",
    "user": "The downloads of this user, instead of one's own.",
}


def filter_parameters(view: Any) -> Iterator[Schema]:
    """Yield the parameters of ``view``, a ``ListView``, that say what is in the list."""
    if view.filterset_class:
        for name, item in view.filterset_class.base_filters.items():
            yield parameter(name, FILTERS.get(name, str(item.label or "")), _filter_schema(item))
    if view.search_fields:
        yield parameter(
            "search",
            f"Words, all of them to be found in {' or '.join(view.search_fields)}.",
            STRING | {"maxLength": filters.MAX_SEARCH_LENGTH},
        )


def list_parameters(view: Any) -> Iterator[Schema]:
    """Yield the parameters of ``view``, a ``ListView``."""
    yield from filter_parameters(view)
    if view.ordering_fields:
        names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        yield parameter(
            "ordering",
            f"What to order by, `-` for descending; `{view.ordering}` unless given. With `cursor` "
            f"one of {', '.join(view.cursor_fields)} alone.",
            array_of(STRING | {"enum": names}),
        ) | {"style": "form", "explode": False}
    yield from view.pagination_class().get_schema_operation_parameters(view)


def _filter_schema(item: django_filters.Filter) -> Schema:
    if isinstance(item, filters.KeyFilter):
        return key_schema(item.extra["model"]())
    if isinstance(item, filters.ByteCountFilter):
        return {"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_INTEGER}
    if isinstance(item, filters.MomentFilter):
        return dict(DATE_TIME)
    if isinstance(item, filters.FlagFilter):
        return {"type": "boolean"}
    if isinstance(item, django_filters.ChoiceFilter):
        return STRING | {"enum": [value for value, _label in item.extra["choices"]]}
    return dict(STRING)


def csrf_parameter() -> Schema:
    """Return the header that a session needs where something is changed."""
    name = HttpHeaders.parse_header_name(settings.CSRF_HEADER_NAME)
    description = f"With a session: the value of the cookie `{settings.CSRF_COOKIE_NAME}`."
    return parameter(str(name), description, STRING, location="header")
