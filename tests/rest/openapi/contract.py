"""The OpenAPI schema of the package, and whether an answer is as it says."""

import json
import re
from copy import deepcopy
from functools import cached_property, partial

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.settings import patched_settings, spectacular_settings
from jsonschema import Draft202012Validator, FormatChecker

from tests.rest.requests import MISSING_ID, MULTIPART, closed, part

#: Lists whose order says nothing: releases of drf-spectacular may write it in another way.
UNORDERED = {
    *("allOf", "anyOf", "enum", "oneOf", "parameters", "required", "security", "tags", "type"),
}

SETTINGS = {"OAS_VERSION": "3.1.0", "TITLE": "django-org-files", "VERSION": "1"}


def generate(**changes):
    """Return the schema of the site, as a client reads it."""
    with patched_settings(SETTINGS | changes):
        schema = spectacular_settings.DEFAULT_GENERATOR_CLASS().get_schema(public=True)
        return json.loads(OpenApiJsonRenderer().render(schema))


def meaning(part):
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


class Contract:
    """A schema, with what tests ask of it."""

    def __init__(self, schema):
        self.schema = schema
        #: All operations by id without its prefix, each with ``path`` and ``method``.
        self.operations = {
            operation["operationId"].removeprefix("org_files_"): operation
            | {"path": path, "method": method.upper()}
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
        }

    @cached_property
    def _validator(self):
        """A validator by which an object has no other properties than those its schema names."""
        components = deepcopy(self.schema["components"])
        for schema in components["schemas"].values():
            if "properties" in schema:
                schema["additionalProperties"] = False
        return Draft202012Validator({"components": components}, format_checker=FormatChecker())

    def responses(self, id):
        """Return the responses of an operation by their status."""
        return self.operations[id]["responses"]

    def codes(self, id, status):
        """Return the codes of errors that an operation is said to answer with ``status``."""
        return {*re.findall(r"^- `(\w+)`:", self.responses(id)[str(status)]["description"], re.M)}

    def validate(self, value, schema):
        """Raise ``jsonschema.ValidationError`` unless ``value`` is as ``schema`` says."""
        self._validator.evolve(schema=schema).validate(value)

    def parameters(self, id):
        """Return the parameters of an operation by their name."""
        return {item["name"]: item for item in self.operations[id].get("parameters", ())}

    def media_types(self, id):
        """Return the contents that an operation takes, by media type."""
        return self.operations[id].get("requestBody", {}).get("content", {})

    def url(self, id, *keys):
        """Return the URL of an operation, for the things ``keys`` or for some that are missing."""
        left = iter(keys)
        path = self.operations[id]["path"]
        return re.sub(r"\{\w+\}", lambda _: str(next(left, MISSING_ID)), path)

    def check(self, id, response):
        """Assert that ``response`` is one that the operation is said to give."""
        documented = self.responses(id)
        status = str(response.status_code)
        assert status in documented, f"{id}: {status} {response.content[:200]!r}"
        given = {*response.headers, *(["Set-Cookie"] if response.cookies else [])}
        headers = documented[status].get("headers", {})
        always = {name for name, header in headers.items() if header.get("required", True)}
        missing = always - given
        assert not missing, f"{id}: {status} without {missing}"
        own = {name for name in given if name.startswith(("Org-Files-", "Tus-", "Upload-"))}
        is_known = own <= headers.keys() or response.status_code >= 400
        assert is_known, f"{id}: {status} with {own - headers.keys()}"
        content = documented[status].get("content", {})
        if status == "201" and "Location" in response.headers and not response.content:
            return  # an upload session, which may have no file yet
        if "application/json" in content:
            # Of an error, also that of a problem.
            assert response.headers["Content-Type"] in content
            body = response.json()
            self.validate(body, content[response.headers["Content-Type"]]["schema"])
            if response.status_code >= 400 and isinstance(body.get("code"), str):
                assert body["code"] in self.codes(id, response.status_code), id
        elif content:
            assert len(response.getvalue()) == int(response.headers["Content-Length"])
        else:
            assert response.content == b""


def upload(**fields):
    """Return the request of an upload with ``fields`` beside the file."""
    parts = [part("file", b"A report.", "report.txt")]
    parts += [part(name, value) for name, value in fields.items()]
    return {"data": closed(*parts), "content_type": MULTIPART}
