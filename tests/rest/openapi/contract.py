"""The OpenAPI schema of the package, and whether an answer is as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import zip_longest
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.settings import patched_settings
from jsonschema import Draft202012Validator, FormatChecker

from tests.rest.requests import MULTIPART, closed, part

#: Lists whose order says nothing: releases of drf-spectacular may write it in another way.
UNORDERED = {
    *("allOf", "anyOf", "enum", "oneOf", "parameters", "required", "security", "tags", "type"),
}

SETTINGS = {"OAS_VERSION": "3.1.0", "TITLE": "django-org-files", "VERSION": "1"}


def generate(**changes: Any) -> dict[str, Any]:
    """Return the schema of the site, as a client reads it."""
    with patched_settings(SETTINGS | changes):
        schema = SchemaGenerator().get_schema(public=True)
        return json.loads(OpenApiJsonRenderer().render(schema))


def meaning(part: Any) -> Any:
    """Return a schema, or a part of one, so that it equals another one that says the same."""
    if isinstance(part, list):
        return [meaning(item) for item in part]
    if not isinstance(part, dict):
        return part
    said = {key: meaning(value) for key, value in part.items()}
    for key in UNORDERED & said.keys():
        if isinstance(said[key], list):
            said[key] = sorted(said[key], key=partial(json.dumps, sort_keys=True))
    return said


@dataclass(frozen=True)
class Contract:
    """A schema, with what tests ask of it."""

    schema: dict[str, Any]

    @cached_property
    def operations(self) -> dict[str, dict[str, Any]]:
        """All operations by id, each with ``path`` and ``method``."""
        return {
            operation["operationId"]: operation | {"path": path, "method": method.upper()}
            for path, methods in self.schema["paths"].items()
            for method, operation in methods.items()
        }

    def resolve(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return ``part``, or what it is a reference to."""
        if "$ref" not in part:
            return part
        found = self.schema
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def responses(self, id: str) -> dict[str, dict[str, Any]]:
        """Return the responses of an operation by their status."""
        found = self.operations[id]["responses"]
        return {status: self.resolve(response) for status, response in found.items()}

    def contents(self, id: str) -> Iterator[dict[str, Any]]:
        """Yield the contents of the request and of all responses of an operation."""
        yield from self.operations[id].get("requestBody", {}).get("content", {}).values()
        for response in self.responses(id).values():
            yield from response.get("content", {}).values()

    def codes(self, id: str, status: int) -> set[str]:
        """Return the codes of errors that an operation is said to answer with ``status``."""
        content = self.responses(id)[str(status)]["content"]["application/json"]
        values = [example["value"] for example in content["examples"].values()]
        return {value["code"] for value in values if isinstance(value.get("code"), str)}

    def all_codes(self) -> set[tuple[int, str]]:
        """Return every code of errors, with its status."""
        return {
            (int(status), code)
            for id in self.operations
            for status in self.operations[id]["responses"]
            if int(status) >= 400
            for code in self.codes(id, int(status))
        }

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        """Raise ``jsonschema.ValidationError`` unless ``value`` is as ``schema`` says."""
        document = {**schema, "components": self.schema["components"]}
        Draft202012Validator(document, format_checker=FormatChecker()).validate(value)

    def parameters(self, id: str) -> dict[str, dict[str, Any]]:
        """Return the parameters of an operation by their name."""
        return {item["name"]: item for item in self.operations[id].get("parameters", ())}

    def url(self, id: str, *keys: Any) -> str:
        """Return the URL of an operation, for the things ``keys`` or those of the examples."""
        path: str = self.operations[id]["path"]
        names = [item for item in self.parameters(id).values() if item["in"] == "path"]
        for parameter, key in zip_longest(names, keys[: len(names)]):
            value = parameter["example"] if key is None else key
            path = path.replace(f"{{{parameter['name']}}}", str(value))
        return path

    def check(self, id: str, response: Any) -> None:
        """Assert that ``response`` is one that the operation is said to give."""
        documented = self.responses(id)
        status = str(response.status_code)
        assert status in documented, f"{id}: {status} {response.content[:200]!r}"
        missing = documented[status].get("headers", {}).keys() - _names(response)
        assert not missing, f"{id}: {status} without {missing}"
        content = documented[status].get("content", {})
        if "application/json" in content:
            assert response.headers["Content-Type"] == "application/json"
            body = response.json()
            self.validate(body, content["application/json"]["schema"])
            if response.status_code >= 400 and isinstance(body.get("code"), str):
                assert body["code"] in self.codes(id, response.status_code)
        elif content:
            assert len(response.getvalue()) == int(response.headers["Content-Length"])
        else:
            assert response.content == b""


def upload(**fields: str) -> dict[str, Any]:
    """Return the request of an upload with ``fields`` beside the file."""
    parts = [part("file", b"A report.", "report.txt")]
    parts += [part(name, value) for name, value in fields.items()]
    return {"data": closed(*parts), "content_type": MULTIPART}


def _names(response: Any) -> set[str]:
    names = {name for name, _value in response.items()}
    return names | {"Set-Cookie"} if response.cookies else names
