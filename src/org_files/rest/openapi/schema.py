"""The schema of this package's views, put together from the catalogue of operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import translation
from django.utils.module_loading import import_string
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, normalize_result_object
from rest_framework.authentication import SessionAuthentication

from org_files.rest.base import IgnoreAccept
from org_files.rest.openapi import errors
from org_files.rest.openapi.components import Schema
from org_files.rest.openapi.operations import Answer, Operation, Request, operation_of
from org_files.rest.openapi.parameters import (
    csrf_parameter,
    filter_parameters,
    list_parameters,
)
from org_files.rest.openapi.responses import ErrorResponse
from org_files.rest.views.lists import ListView

__all__ = ["OperationSchema"]


class OperationSchema(AutoSchema):
    """Describes an operation by the catalogue, or as usual where that does not know it.

    In the language of the source, whatever the site's and the reader's: it is one contract.
    """

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        """Return the operation."""
        with translation.override(None):
            operation = self._operation(path, path_regex, path_prefix, method, registry)
            # What is lazy would else be translated after all, when it is written.
            result: Schema | None = normalize_result_object(operation)
            return result

    def _operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        known = operation_of(type(self.view), method.upper())
        if known is None:
            usual: Schema | None = super().get_operation(
                path, path_regex, path_prefix, method, registry
            )
            return usual
        # What the methods of the base class work on.
        self.registry = registry
        self.path = path
        self.path_regex = path_regex
        self.path_prefix = path_prefix
        self.method = method.upper()
        # An empty list says "none", also where the site requires something of all others.
        security = [requirement for requirement in self.get_auth() if requirement]
        operation: Schema = {
            "operationId": known.id,
            "summary": known.summary,
            "description": known.description,
            "tags": [known.tag],
            "security": security,
            "responses": self._responses(known, public=not security),
        }
        if parameters := list(self._parameters(known)):
            operation["parameters"] = parameters
        if known.request:
            operation["requestBody"] = self._request_body(known.request)
        return operation

    @property
    def _is_list(self) -> bool:
        return isinstance(self.view, ListView) and self.method == "GET"

    @property
    def _needs_csrf_token(self) -> bool:
        """Whether it is asked for in a session."""
        authenticators = self.view.get_authenticators()
        return self.method != "GET" and any(
            isinstance(item, SessionAuthentication) for item in authenticators
        )

    def _parameters(self, known: Operation) -> Iterator[Schema]:
        own = [make() for make in known.parameters]
        yield from own
        of_list: Iterable[Schema] = ()
        if self._is_list:
            of_list = list_parameters(self.view)
        elif known.is_filtered:
            of_list = filter_parameters(self.view)
        # What the path says already need not be said again.
        named = {parameter["name"] for parameter in own}
        yield from (parameter for parameter in of_list if parameter["name"] not in named)
        if self._needs_csrf_token:
            yield csrf_parameter()

    def _request_body(self, request: Request) -> Schema:
        serializer = import_string(request.serializer)(partial=self.method == "PATCH")
        component = self.resolve_serializer(serializer, "request")
        # None of nothing: where a model of the site's has none of the columns.
        schema = component.ref if component else {"type": "object"}
        content = {
            media_type: {
                "schema": schema,
                "examples": {"example": {"value": request.example()}},
            }
            for media_type in request.media_types or self.map_parsers()
        }
        return {"required": request.is_required, "content": content}

    def _responses(self, known: Operation, *, public: bool) -> dict[str, Schema]:
        responses = {str(answer.status): self._answer(answer) for answer in known.answers}
        for error in (*known.errors, *self._common_errors(public=public)):
            if str(error.status) not in responses:
                responses[str(error.status)] = error.ref(self.registry)
        return dict(sorted(responses.items()))

    def _answer(self, answer: Answer) -> Schema:
        response: Schema = {"description": answer.description}
        if answer.headers:
            response["headers"] = dict(answer.headers)
        if answer.schema:
            content: dict[str, Any] = {"schema": answer.schema(self)}
            content["examples"] = {
                name: {"value": example()} for name, example in answer.examples.items()
            }
            response["content"] = {answer.media_type: content}
        return response

    def _common_errors(self, *, public: bool) -> Iterator[ErrorResponse]:
        """Yield what the base view can answer, whatever the operation."""
        if self._is_list:
            yield errors.INVALID_PARAMETERS
            yield errors.NOT_FOUND
        if not public:
            yield errors.UNAUTHORIZED
        if self._needs_csrf_token:
            yield errors.CSRF_FAILED
        if self.method != "GET" and getattr(self.view, "reads_body_first", False):
            yield errors.MALFORMED_BODY
            yield errors.REQUEST_TOO_LARGE
        if not isinstance(self.view.get_content_negotiator(), IgnoreAccept):
            yield errors.NOT_ACCEPTABLE
        yield errors.LENGTH_REQUIRED
        yield errors.UNSUPPORTED_MEDIA_TYPE
        yield errors.REPEATED_PARAMETER
        yield errors.THROTTLED
        yield errors.UNAVAILABLE
