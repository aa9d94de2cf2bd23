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

#: Of profiles on the default host. A host's users have their own.
DEFAULT_PROFILE = {"email", "first_name", "last_name", "phone"}


@pytest.fixture(scope="module")
def golden():
    return meaning(yaml.safe_load(GOLDEN.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def schema():
    return meaning(generate())


def operations(schema):
    return {
        (path, method): operation
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    }


def outline(operation):
    """What a client is written against, but for the types of keys."""
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


def test_openapi__has_the_components_of_the_default_host(golden, schema):
    for kind, components in golden["components"].items():
        assert schema["components"][kind].keys() == components.keys()


def test_openapi__has_the_properties_of_the_default_host(golden, schema):
    for name, component in golden["components"]["schemas"].items():
        expected = set(component.get("properties", {}))
        found = set(schema["components"]["schemas"][name].get("properties", {}))
        # Columns of a site's own come on top.
        assert found >= expected - DEFAULT_PROFILE, name
    user = schema["components"]["schemas"]["User"]["properties"]
    assert set(profile_fields()) <= set(user)


def test_openapi__has_the_keys_of_the_host(schema):
    schemas = schema["components"]["schemas"]
    for name, model in (
        ("OrganizationReference", get_organization_model()),
        ("UserReference", get_user_model()),
    ):
        shown = schemas[name]["properties"]["id"]
        is_number = isinstance(model._meta.pk, (AutoField, IntegerField))
        assert shown["type"] == ("integer" if is_number else "string")


def test_openapi__is_made_without_a_warning(schema):
    assert not GENERATOR_STATS
    validate_schema(schema)
