"""The schema class of the package's views."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http.client import responses
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent, append_meta, get_doc
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import Direction
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import clone_request
from rest_framework.settings import api_settings

from org_files import conf
from org_files.rest.base import IgnoreAccept
from org_files.rest.errors import LOGIN_CODES, all_codes
from org_files.rest.openapi.extensions import (
    ANSWERS,
    BINARY,
    PREFIX,
    STRING,
    Property,
    Schema,
    component,
    describe_count_is,
)
from org_files.rest.openapi.parameters import FORM, ParameterSchema
from org_files.rest.openapi.uploads import (
    ANSWER_HEADERS,
    ERROR_HEADERS,
    HEADER_TEXTS,
    WITH_PROBLEMS,
)
from org_files.rest.views.lists import ListView
from org_files.uploads.protocols.draft import PROBLEM_TYPE

JSON = "application/json"

TEXTS = {"detail": STRING, "code": STRING}
ERROR = component("Error", {"type": "object", "required": ["detail", "code"], "properties": TEXTS})
#: Of the IETF draft of uploads (RFC 9457).
PROBLEM = component(
    "Problem",
    {
        "type": "object",
        "required": ["type", "title", "detail", "code"],
        "properties": {
            "type": STRING | {"format": "uri"},
            "title": STRING,
            **TEXTS,
            "expected-offset": {"type": "integer"},
            "provided-offset": {"type": "integer"},
        },
    },
)
FIELD_ERRORS = component(
    "FieldErrors",
    {
        "type": "object",
        "description": "Messages by field or parameter; `non_field_errors` belong to none.",
        "additionalProperties": {"type": "array", "items": STRING},
        "minProperties": 1,
    },
)

#: Names of pages, where they are not the name of the rows and "Page".
PAGES = {"OrganizationMember": "MemberPage", "VisibleUser": "UserPage"}

#: Headers of answers, by status.
VALIDATORS = ("ETag", "Last-Modified")
CONTENT = (
    *VALIDATORS,
    "Accept-Ranges",
    "Cache-Control",
    "Content-Disposition",
    "Content-Length",
    "Repr-Digest",
)
HEADERS: Mapping[int, Sequence[str]] = {
    206: (*CONTENT, "Content-Range"),
    303: ("Location",),
    304: VALIDATORS,
    401: ("WWW-Authenticate",),
    416: ("Content-Range",),
    **dict.fromkeys((429, 503), ("Retry-After",)),
}
NUMBERS = ("Content-Length", "Retry-After", "Tus-Max-Size", "Upload-Length", "Upload-Offset")


class OperationSchema(ParameterSchema):
    """Describes an operation by its view, in English whatever the site's language is."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        with translation.override(None):
            operation: Any = super().get_operation(path, path_regex, path_prefix, method, registry)
            # Explicitly none, where the site requires a login by default.
            operation.setdefault("security", [])
            return dict(operation)

    def get_tags(self) -> list[str]:
        return [f"{conf.openapi_tag()}: {self.view.tag}"]

    def _get_serializer_name(
        self, serializer: Any, direction: Direction, bypass_extensions: bool = False
    ) -> str:
        usual: Any = super()._get_serializer_name
        name = str(usual(serializer, direction, bypass_extensions))
        # drf-spectacular puts "Patched" before the name of what a PATCH takes.
        usual_name = name.removeprefix(f"Patched{PREFIX}")
        return name if usual_name == name else f"{PREFIX}Patched{usual_name}"

    def get_summary(self) -> str:
        return self._doc().partition("\n\n")[0].replace("\n", " ").rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        summary, _blank, text = self._doc().partition("\n\n")
        # Paragraphs, whose line breaks mean nothing.
        return re.sub(r"(?<!\n)\n(?!\n)", " ", text) or summary

    def _doc(self) -> str:
        """Return the docstring of the method, or of the view where all lists share the method."""
        handler = getattr(self.view, self.method.lower())
        return str(get_doc(type(self.view) if handler.__func__ is ListView.get else handler))

    def get_auth(self) -> list[Schema]:
        ways = {type(way) for way in self.view.get_authenticators()}
        whitelist: Any = spectacular_settings.AUTHENTICATION_WHITELIST
        described: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES if whitelist is None else ways
        if ways == {SessionAuthentication} and SessionAuthentication not in described:
            # Only the package's logout has it, so the site does not describe it.
            definition = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
            kind = ResolvedComponent.SECURITY_SCHEMA
            scheme = ResolvedComponent(f"{PREFIX}Session", kind, definition, SessionAuthentication)
            self.registry.register_on_missing(scheme)
            return [{scheme.name: []}]
        return [requirement for requirement in super().get_auth() if requirement]  # without "none"

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Schema]:
        responses = {**self._errors(), **self._successes()}
        if self.method == "HEAD":
            for response in responses.values():
                response.pop("content", None)
        return {str(status): responses[status] for status in sorted(responses)}

    def _successes(self) -> dict[int, Schema]:
        id = self._id
        if self._sends_bytes:
            media_type = "image/*" if id == "files_rendition" else "*/*"
            content = {media_type: {"schema": BINARY}}
            found = {200: _response(200, content, CONTENT), 206: _response(206, content)}
            found[304] = _response(304)
            if id == "shared_content":  # for a browser that looks ahead
                found[204] = _response(204)
            return found
        status, shape = ANSWERS.get(id) or self._usual_answer()
        headers = ANSWER_HEADERS.get(id, {})
        content = {JSON: {"schema": shape(self)}} if shape else {}
        names = (("Set-Cookie",), ()) if id == "auth_login" else headers.get(status, ((), ()))
        others = {each: _response(each, None, *headers[each]) for each in headers}
        if id == "health":
            others[503] = _response(503, content)
        return {**others, status: _response(status, content, *names)}

    def _usual_answer(self) -> tuple[int, Property | None]:
        if self.method == "DELETE":
            return 204, None
        # What is created or changed is answered as it is shown.
        request = self.view.request
        self.view.request = clone_request(request, "GET")
        serializer = self.view.get_serializer_class()
        self.view.request = request
        rows = self.resolve_serializer(serializer, "response")
        if self._is_list:
            return 200, lambda _: self._page(rows)
        return 201 if self.method == "POST" else 200, lambda _: rows.ref

    def _page(self, rows: ResolvedComponent) -> Schema:
        items = {"type": "array", "items": rows.ref}
        page: Schema = self.view.pagination_class().get_paginated_response_schema(items)
        page["description"] = "A page of a list, with the URLs of its neighbours."
        url = append_meta({"type": "string", "format": "uri"}, {"nullable": True})
        describe_count_is(page, self)
        page["properties"] |= {"next": url, "previous": url}
        name = rows.name.removeprefix(PREFIX)
        return component(PAGES.get(name, f"{name}Page"), page)(self)

    def _errors(self) -> dict[int, Schema]:
        known = all_codes()
        found: dict[int, dict[str, Any]] = {400: {}}
        for code in dict.fromkeys([*self._codes(), *self.view.errors.get(self.method, ())]):
            status, message = known[code]
            found.setdefault(status, {})[code] = message
        return {status: self._error(status, codes) for status, codes in found.items()}

    def _error(self, status: int, codes: Mapping[str, Any]) -> Schema:
        lines = [f"- `{code}`: {message}" for code, message in codes.items()]
        schemas = [ERROR(self)] if codes else []
        if status == 400:
            lines.append("- Messages by field or parameter.")
            schemas.append(FIELD_ERRORS(self))
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        content = {JSON: {"schema": schema}}
        if self._id in WITH_PROBLEMS and status in (400, 409):
            content[PROBLEM_TYPE] = {"schema": PROBLEM(self)}
        response = _response(status, content, (), ERROR_HEADERS.get(self._id, {}).get(status, ()))
        return response | {"description": "\n".join(lines)}

    def _codes(self) -> Iterator[str]:
        """Yield the codes of errors that follow from the kind of the operation."""
        yield from ("invalid_utf8", "length_required", "unsupported_media_type")
        yield from () if self._id == "health" else ("throttled", "database_unavailable")
        if self.get_auth():
            yield from LOGIN_CODES
            # Of a session without its CSRF token, too.
            yield from () if self.method in SAFE_METHODS else ("permission_denied",)
        if not issubclass(self.view.content_negotiation_class, IgnoreAccept):
            yield "not_acceptable"
        if self._is_list or any(self._path_parameters()):
            yield "not_found"
        if self._sends_bytes:
            yield from ("precondition_failed", "range_not_satisfiable")
            yield from ("content_unavailable", "storage_unavailable")
        if self.method in SAFE_METHODS:
            return
        yield from ("incomplete_body", "request_too_large")
        media_types = self.map_parsers()
        if JSON in media_types:
            yield "parse_error"
        if FORM in media_types:
            yield from ("malformed_multipart", "bad_request")
        if self._takes_file:
            yield from ("file_too_large", "storage_unavailable", "storage_full")
        elif FORM in media_types:
            yield "unexpected_file"


def _response(
    status: int,
    content: Schema | None = None,
    headers: Sequence[str] = (),
    optional_headers: Sequence[str] = (),
) -> Schema:
    response: Schema = {"description": responses.get(status, "Checksum Mismatch")}
    if names := (*(headers or HEADERS.get(status, ())), *optional_headers):
        response["headers"] = {name: _header(name) for name in names}
        for name in optional_headers:
            response["headers"][name]["required"] = False
    return response | ({"content": content} if content else {})


def _header(name: str) -> Schema:
    text = {"description": HEADER_TEXTS[name]} if name in HEADER_TEXTS else {}
    return text | {"schema": {"type": "integer" if name in NUMBERS else "string"}}
