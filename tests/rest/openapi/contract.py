"""The OpenAPI schema of the package, and whether an answer is as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import yaml
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.settings import patched_settings
from jsonschema import Draft202012Validator, FormatChecker

from tests.rest.requests import MISSING_ID, MULTIPART, closed, part

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


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(schema: Any, *, sort_keys: bool = False) -> str:
    """Return the YAML of a schema."""
    options = {"sort_keys": sort_keys, "allow_unicode": True, "width": 100}
    return yaml.dump(schema, Dumper=_Dumper, **options)


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

    @cached_property
    def components(self) -> dict[str, Any]:
        """The components, of which an object has no other properties than those it names."""
        strict = deepcopy(self.schema["components"])
        for schema in strict["schemas"].values():
            if "properties" in schema:
                schema["additionalProperties"] = False
        return strict

    def responses(self, id: str) -> dict[str, dict[str, Any]]:
        """Return the responses of an operation by their status."""
        return self.operations[id]["responses"]

    def codes(self, id: str, status: int) -> set[str]:
        """Return the codes of errors that an operation is said to answer with ``status``."""
        return {*re.findall(r"^- `(\w+)`:", self.responses(id)[str(status)]["description"], re.M)}

    def all_codes(self) -> Iterator[tuple[int, str]]:
        """Yield every code of errors, with its status."""
        for id in self.operations:
            for status in map(int, self.responses(id)):
                yield from ((status, code) for code in self.codes(id, status))

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        """Raise ``jsonschema.ValidationError`` unless ``value`` is as ``schema`` says."""
        document = {**schema, "components": self.components}
        Draft202012Validator(document, format_checker=FormatChecker()).validate(value)

    def parameters(self, id: str) -> dict[str, dict[str, Any]]:
        """Return the parameters of an operation by their name."""
        return {item["name"]: item for item in self.operations[id].get("parameters", ())}

    def media_types(self, id: str) -> dict[str, Any]:
        """Return the contents that an operation takes, by media type."""
        return self.operations[id].get("requestBody", {}).get("content", {})

    def url(self, id: str, *keys: Any) -> str:
        """Return the URL of an operation, for the things ``keys`` or for some that are missing."""
        left = iter(keys)
        path = self.operations[id]["path"]
        return re.sub(r"\{\w+\}", lambda _: str(next(left, MISSING_ID)), path)

    def check(self, id: str, response: Any) -> None:
        """Assert that ``response`` is one that the operation is said to give."""
        documented = self.responses(id)
        status = str(response.status_code)
        assert status in documented, f"{id}: {status} {response.content[:200]!r}"
        given = {*response.headers, *(["Set-Cookie"] if response.cookies else [])}
        missing = documented[status].get("headers", {}).keys() - given
        assert not missing, f"{id}: {status} without {missing}"
        content = documented[status].get("content", {})
        if "application/json" in content:
            assert response.headers["Content-Type"] == "application/json"
            body = response.json()
            self.validate(body, content["application/json"]["schema"])
            if response.status_code >= 400 and isinstance(body.get("code"), str):
                assert body["code"] in self.codes(id, response.status_code), id
        elif content:
            assert len(response.getvalue()) == int(response.headers["Content-Length"])
        else:
            assert response.content == b""


def upload(**fields: str) -> dict[str, Any]:
    """Return the request of an upload with ``fields`` beside the file."""
    parts = [part("file", b"A report.", "report.txt")]
    parts += [part(name, value) for name, value in fields.items()]
    return {"data": closed(*parts), "content_type": MULTIPART}
