"""The OpenAPI schema: complete, valid, the same on every host, and known when it changes."""

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.db import models
from django.test.utils import isolate_apps
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from org_files.accounts import urls as accounts_urls
from org_files.rest import urls
from org_files.rest.openapi.components import key_schema
from tests.rest.openapi.contract import Contract, generate, meaning

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "openapi.yaml"
COMMAND = "ORG_FILES_UPDATE_GOLDEN=1 python -m pytest tests/rest/test_openapi.py -k golden"

TAGS = {
    *("Files", "Share links", "Tiers", "Organizations", "Members", "Downloads"),
    *("Accounts", "Tokens", "Users"),
}
PUBLIC = {
    *("auth_register", "auth_login", "token_obtain", "token_refresh", "token_blacklist"),
    *("shared_content", "shared_open"),
}


@pytest.fixture
def contract():
    return Contract(generate())


def test_schema__says_what_the_golden_file_says(contract):
    schema = contract.schema
    if os.environ.get("ORG_FILES_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(as_text(schema), encoding="utf-8")
    # Compared by meaning: the order of keys and of most lists is drf-spectacular's.
    golden, now = meaning(yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))), meaning(schema)
    lines = difflib.unified_diff(
        as_text(golden, sort_keys=True).splitlines(),
        as_text(now, sort_keys=True).splitlines(),
        "tests/rest/openapi.yaml",
        "the schema now",
        lineterm="",
    )
    assert now == golden, "\n".join([*lines, "", f"If it is meant: {COMMAND}"])


def as_text(schema, *, sort_keys=False):
    return yaml.safe_dump(schema, sort_keys=sort_keys, allow_unicode=True, width=100)


def test_meaning_of_a_schema__has_no_order_of_keys_and_choices():
    part = {"required": ["a", "b"], "type": ["string", "null"], "properties": {"a": 1, "b": 2}}
    same = {"properties": {"b": 2, "a": 1}, "type": ["null", "string"], "required": ["b", "a"]}

    assert as_text(meaning(part), sort_keys=True) == as_text(meaning(same), sort_keys=True)


@pytest.mark.parametrize(
    "change",
    [{"required": ["a"]}, {"type": ["string"]}, {"properties": {"a": 1}}, {"examples": [2, 1]}],
)
def test_meaning_of_a_schema__has_everything_else(change):
    part = {"required": ["a", "b"], "properties": {"a": 1, "b": 2}, "examples": [1, 2]}

    assert meaning(part | change) != meaning(part)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.1.1"])
def test_schema__is_valid_and_made_without_a_warning(version, capsys):
    schema = generate(OAS_VERSION=version)
    assert not GENERATOR_STATS
    assert capsys.readouterr().err == ""
    validate_schema(schema)
    assert schema["openapi"] == version


@pytest.mark.parametrize(
    "change", [{"COMPONENT_SPLIT_REQUEST": True}, {"ENUM_SUFFIX": ""}, {"POSTPROCESSING_HOOKS": []}]
)
def test_schema__needs_no_certain_settings_of_the_site(change):
    schema = generate(**change)
    assert not GENERATOR_STATS
    validate_schema(schema)


@pytest.mark.parametrize("module", [urls, accounts_urls])
def test_every_route__is_in_the_schema(module, contract):
    routes = {
        ("/api/" + re.sub(r"<str:(\w+)>", r"{\1}", str(pattern.pattern)), method)
        for pattern in module.urlpatterns
        for method in pattern.callback.view_class().allowed_methods
        if method not in ("HEAD", "OPTIONS")
    }
    assert routes
    assert routes <= {(item["path"], item["method"]) for item in contract.operations.values()}


def test_every_operation__is_described(contract):
    for id, operation in contract.operations.items():
        assert operation["tags"][0] in TAGS, id
        assert operation["summary"].strip("."), id
        assert operation["description"].endswith("."), id
        assert all(item["description"] for item in operation.get("parameters", ())), id
        assert all(response["description"] for response in contract.responses(id).values()), id
        assert all(content["examples"] for content in contract.contents(id)), id


def test_every_operation__but_those_of_login_and_of_links__needs_a_login(contract):
    for id, operation in contract.operations.items():
        assert (operation["security"] == []) == (id in PUBLIC), id
        if id not in PUBLIC:
            assert "WWW-Authenticate" in contract.responses(id)["401"]["headers"], id


def test_every_way_to_log_in_of_the_site__is_named(contract):
    ways = [{"jwtAuth": []}, {"cookieAuth": []}, {"tokenAuth": []}]
    assert contract.operations["files_list"]["security"] == ways
    assert contract.operations["auth_logout"]["security"] == [{"cookieAuth": []}]


def test_examples__are_as_their_schemas_say(contract):
    examples_are_as_their_schemas_say(contract)


def examples_are_as_their_schemas_say(contract):
    for id in contract.operations:
        for content in contract.contents(id):
            for example in content["examples"].values():
                contract.validate(example["value"], content["schema"])


def test_host_without_the_columns_that_operators_change__is_described(monkeypatch):
    path = "org_files.accounts.serializers.AdministrationSerializer.get_field_names"
    monkeypatch.setattr(path, lambda *args: [])
    contract = Contract(generate())
    for content in contract.operations["users_update"]["requestBody"]["content"].values():
        assert content["schema"] == {"type": "object"}


def test_upload__takes_a_file_in_a_form(contract):
    content = contract.operations["files_create"]["requestBody"]["content"]
    assert content.keys() == {"multipart/form-data"}
    form = contract.resolve(content["multipart/form-data"]["schema"])
    assert form["properties"]["file"]["format"] == "binary"
    assert form["required"] == ["file"]


def test_ordering__names_every_field_in_both_directions(contract):
    parameters = {item["name"]: item for item in contract.operations["files_list"]["parameters"]}
    assert {"name", "-name", "created_at", "-created_at"} <= {
        *parameters["ordering"]["schema"]["items"]["enum"]
    }


@isolate_apps("org_files")
def test_key__is_of_the_type_that_the_model_has():
    uuid = {"type": "string", "format": "uuid"}
    unique = a_model(id=models.UUIDField(primary_key=True))
    assert key_schema(unique) == uuid
    assert key_schema(a_model(unique)) == uuid
    assert key_schema(a_model()) == {"type": "integer"}
    assert key_schema(a_model(code=models.CharField(primary_key=True))) == {"type": "string"}


def a_model(base=models.Model, **fields):
    meta = type("Meta", (), {"app_label": "org_files"})
    name = f"Model{len(base.__mro__)}{'_'.join(fields)}"
    return type(name, (base,), {"__module__": __name__, "Meta": meta, **fields})


def in_host(host, *arguments):
    """Run Python with the settings of a host of its own; return what it printed."""
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        # Of a server Django's checks would ask the version, and none runs for this process.
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": f"tests.hosts.{host}.settings", "TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize(
    ("host", "organization", "user"),
    [
        ("organization_only", {"type": "string", "format": "uuid"}, {"type": "integer"}),
        ("one_app", {"type": "integer"}, {"type": "integer"}),
        ("stock_user", {"type": "integer"}, {"type": "integer"}),
    ],
)
def test_host_with_models_of_its_own__has_the_same_names_and_its_own_keys(
    host, organization, user, contract
):
    command = ["spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json"]
    command += ["--custom-settings", "tests.rest.openapi.contract.SETTINGS"]
    other = Contract(json.loads(in_host(host, "-m", "django", *command)))
    assert other.operations.keys() == contract.operations.keys()
    for kind, components in contract.schema["components"].items():
        assert other.schema["components"][kind].keys() == components.keys()
    schemas = other.schema["components"]["schemas"]
    assert schemas["OrganizationReference"]["properties"]["id"] == organization | {"readOnly": True}
    assert schemas["User"]["properties"]["id"] == user | {"readOnly": True}
    assert schemas["NewMember"]["properties"]["user"] == user
    examples_are_as_their_schemas_say(other)


def test_site_without_drf_spectacular__never_imports_it():
    script = """
import sys
from django.conf import settings
from tests.hosts.default import settings as host

values = {name: value for name, value in vars(host).items() if name.isupper()}
values["INSTALLED_APPS"] = [app for app in values["INSTALLED_APPS"] if app != "drf_spectacular"]
values["REST_FRAMEWORK"] = {}
settings.configure(**values)
import django
django.setup()
import org_files.urls, org_files.accounts.urls
ours = ("org_files.rest.openapi", "org_files.accounts.openapi")
print([name for name in sys.modules if name in ours or name.startswith("drf_spectacular")])
"""
    assert in_host("default", "-c", script).strip() == "[]"


def test_site_with_the_schema_class_of_drf__is_described_all_the_same(settings, contract):
    settings.REST_FRAMEWORK = {
        name: value
        for name, value in settings.REST_FRAMEWORK.items()
        if name != "DEFAULT_SCHEMA_CLASS"
    }
    assert generate()["paths"] == contract.schema["paths"]
