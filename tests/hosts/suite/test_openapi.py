"""The description of the API on every host. Run by tests/hosts/test_hosts.py."""

import re
from pathlib import Path

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.db.models import AutoField, IntegerField
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from org_files import get_organization_model
from org_files.accounts.profile import profile_fields
from tests.rest.openapi.contract import generate, meaning

GOLDEN = Path(__file__).parents[2] / "rest" / "openapi.yaml"
#: That of the C library is ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Begins the paths of the shop's own API.
OF_THE_SITE = "/shop/"
#: Of profiles on the default host. A host's users have their own.
DEFAULT_PROFILE = {"email", "first_name", "last_name", "phone"}


@pytest.fixture(scope="module")
def golden():
    return meaning(yaml.load(GOLDEN.read_text(encoding="utf-8"), LOADER))


@pytest.fixture(scope="module")
def schema():
    return meaning(generate())


def operations(schema):
    """Return the operations of the package."""
    return {
        (path, method): operation
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if not path.startswith(OF_THE_SITE)
    }


def outline(operation):
    """Return the parts of an operation that clients rely on, except the types of keys."""
    return {
        "id": operation["operationId"],
        "tags": operation["tags"],
        "summary": operation["summary"],
        "takes": {
            media_type: content["schema"]
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        },
        "answers": {
            status: {
                media_type: content["schema"]
                for media_type, content in response.get("content", {}).items()
            }
            for status, response in operation["responses"].items()
        },
        # Messages differ with what the host has installed.
        "codes": {
            status: re.findall(r"^- `(\w+)`:", response["description"], re.M)
            for status, response in operation["responses"].items()
        },
        "security": operation.get("security"),
    }


def parameters(operation):
    return {
        (parameter["in"], parameter["name"], parameter.get("required", False))
        for parameter in operation.get("parameters", [])
    }


def test_openapi__has_the_operations_of_the_default_host(golden, schema):
    expected, found = operations(golden), operations(schema)
    assert found.keys() == expected.keys()
    for key, operation in expected.items():
        assert outline(found[key]) == outline(operation), key
        added = parameters(found[key]) - parameters(operation)
        assert parameters(operation) <= parameters(found[key]), key
        # Filters of a site's own.
        assert all(place == "query" and not required for place, _name, required in added), key


def test_openapi__has_the_components_of_the_default_host_and_their_properties(golden, schema):
    has_own = any(path.startswith(OF_THE_SITE) for path in schema["paths"])
    for kind, components in golden["components"].items():
        found = schema["components"][kind].keys()
        # More are there for operations of a host's own.
        assert found == components.keys() or (found > components.keys() and has_own)
    schemas = schema["components"]["schemas"]
    for name, component in golden["components"]["schemas"].items():
        # Columns of a site's own come on top.
        expected = set(component.get("properties", {})) - DEFAULT_PROFILE
        assert set(schemas[name].get("properties", {})) >= expected, name
    assert set(profile_fields()) <= set(schemas["OrgFilesUser"]["properties"])
    for name, model in (
        ("OrgFilesOrganizationReference", get_organization_model()),
        ("OrgFilesUserReference", get_user_model()),
    ):
        is_number = isinstance(model._meta.pk, (AutoField, IntegerField))
        shown = schemas[name]["properties"]["id"]
        assert shown["type"] == ("integer" if is_number else "string")


def test_openapi__is_made_without_a_warning_and_valid(golden, schema):
    assert not GENERATOR_STATS

    def different(ours, theirs):
        return {name: value for name, value in ours.items() if value != theirs.get(name)}

    # The golden file is validated by its own tests.
    parts = {
        kind: different(components, golden["components"][kind])
        for kind, components in schema["components"].items()
    }
    paths = different(schema["paths"], golden["paths"])
    validate_schema(schema | {"paths": paths, "components": parts})
