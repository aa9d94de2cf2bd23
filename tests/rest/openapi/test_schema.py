"""The OpenAPI schema: complete, valid, the same on every host, and known when it changes."""

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.db import models
from django.test.utils import isolate_apps
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiViewExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework import generics, serializers

from org_files import get_file_model
from org_files.rest.openapi import extensions
from org_files.rest.openapi.extensions import key_of
from org_files.rest.serializers import FileSerializer
from tests.rest.openapi.contract import generate, meaning
from tests.rest.routes import ROUTES

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/rest/openapi.yaml"
COMMAND = "ORG_FILES_UPDATE_GOLDEN=1 python -m pytest tests/rest/openapi -k golden"

PUBLIC = {
    *("auth_register", "auth_login", "token_obtain", "token_refresh", "token_blacklist"),
    *("shared_content", "shared_open", "health"),
}

#: Other ways in which a site makes its schema.
VARIANTS = [
    {"OAS_VERSION": "3.0.3", "COMPONENT_SPLIT_REQUEST": True},
    {"OAS_VERSION": "3.1.1", "ENUM_SUFFIX": "", "POSTPROCESSING_HOOKS": []},
]


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def as_yaml(schema, *, sort_keys=False):
    return yaml.dump(schema, Dumper=Dumper, sort_keys=sort_keys, allow_unicode=True, width=100)


def test_schema__says_what_the_golden_file_says(contract):
    if os.environ.get("ORG_FILES_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(as_yaml(contract.schema), encoding="utf-8")
    # Compared by meaning: the order of keys and of most lists is drf-spectacular's.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    golden = meaning(yaml.load(GOLDEN.read_text(encoding="utf-8"), loader))
    now = meaning(contract.schema)
    if now != golden:
        texts = [as_yaml(schema, sort_keys=True).splitlines() for schema in (golden, now)]
        names = "tests/rest/openapi.yaml", "the schema now"
        lines = difflib.unified_diff(*texts, *names, lineterm="")
        pytest.fail("\n".join([*lines, "", f"If it is meant: {COMMAND}"]))


@pytest.mark.parametrize("change", VARIANTS)
def test_schema__is_made_without_a_warning(change, capsys):
    assert generate(**change)["paths"]
    assert not GENERATOR_STATS
    assert capsys.readouterr().err == ""


@pytest.mark.sweep
@pytest.mark.parametrize("change", [{}, *VARIANTS])
def test_schema__is_valid(change):
    validate_schema(generate(**change))


def test_every_route__is_in_the_schema(contract):
    operations = {(item["path"], item["method"]) for item in contract.operations.values()}
    for route in ROUTES:
        path = "/api/" + re.sub(r"<str:(\w+)>", r"{\1}", route.text)
        assert {(path, method) for method in route.methods} <= operations


def test_every_operation__is_described(contract):
    for id, operation in contract.operations.items():
        assert operation["tags"][0], id
        assert operation["summary"].strip("."), id
        assert operation["description"].endswith("."), id
        assert all(item["description"] for item in contract.parameters(id).values()), id
        assert (operation["security"] == []) == (id in PUBLIC), id
        for status, response in contract.responses(id).items():
            assert response["description"], id
            # health/ has no codes.
            has_codes = status > "400" and (id, status) != ("health", "503")
            assert not has_codes or contract.codes(id, status), (id, status)


@isolate_apps("org_files")
def test_key__is_of_the_type_that_the_model_has():
    def model(name, base=models.Model, **fields):
        meta = type("Meta", (), {"app_label": "org_files"})
        return type(name, (base,), {"__module__": __name__, "Meta": meta} | fields)

    uuid = {"type": "string", "format": "uuid"}
    unique = model("Unique", id=models.UUIDField(primary_key=True))
    assert key_of(unique) == key_of(model("Child", unique)) == uuid
    assert key_of(model("Text", code=models.CharField(primary_key=True))) == {"type": "string"}
    assert key_of(model("Plain")) == {"type": "integer"}


# The site's own views and serializers


class OwnSerializer(serializers.ModelSerializer):
    """A shape of the site's own, of our model."""

    class Meta:
        model = get_file_model()
        fields = ["name", "size", "owner"]


class OwnView(generics.ListCreateAPIView):
    """A view of the site's own."""

    queryset = get_file_model()._default_manager.none()
    serializer_class = OwnSerializer


def test_view_of_the_site__is_described_as_without_the_package(monkeypatch):
    def of_own():
        return SchemaGenerator(patterns=[path("own/", OwnView.as_view())]).get_schema(public=True)

    described = of_own()
    for base in (OpenApiSerializerExtension, OpenApiViewExtension):
        others = [item for item in base._registry if item.__module__ != extensions.__name__]
        assert len(others) < len(base._registry)
        monkeypatch.setattr(base, "_registry", others)
    assert described == of_own()
    assert described["paths"]["/own/"]["get"]["operationId"] == "own_list"


class SiteFileSerializer(FileSerializer):
    """A file with a column of the site's own."""

    shelf = serializers.CharField(read_only=True, help_text="A column of the site's own.")
    state = serializers.ChoiceField(choices=["new", "read"], help_text="With choices.")

    class Meta(FileSerializer.Meta):
        fields = [*FileSerializer.Meta.fields, "shelf", "state"]
        read_only_fields = fields


def test_site_with_other_serializers_and_schema_class__has_the_same_operations_and_components(
    settings, contract
):
    settings.ORG_FILES = {"FILE_SERIALIZER": f"{__name__}.SiteFileSerializer"}
    framework = dict(settings.REST_FRAMEWORK)
    del framework["DEFAULT_SCHEMA_CLASS"]
    settings.REST_FRAMEWORK = framework

    schema = generate()

    assert not GENERATOR_STATS
    assert schema["paths"] == contract.schema["paths"]
    ours, site = contract.schema["components"]["schemas"], schema["components"]["schemas"]
    # A component of its own: drf-spectacular would call all properties of that name alike.
    assert site.keys() - ours.keys() == {"OrgFilesFileState"}
    added = site["OrgFilesFile"]["properties"].keys() - ours["OrgFilesFile"]["properties"].keys()
    assert added == {"shelf", "state"}


def test_every_name__begins_with_the_prefix_of_the_package(contract, settings):
    schema = generate(COMPONENT_SPLIT_REQUEST=True)
    for found in (contract.schema, schema):
        assert all(name.startswith("OrgFiles") for name in found["components"]["schemas"])
    operations = [each for path in schema["paths"].values() for each in path.values()]
    assert all(each["operationId"].startswith("org_files_") for each in operations)
    assert all(each["tags"][0].startswith("Org files: ") for each in operations)

    settings.ORG_FILES = {"OPENAPI_TAG": "Documents"}
    operations = [each for path in generate()["paths"].values() for each in path.values()]
    tags = {each["tags"][0] for each in operations}
    assert "Documents: Files" in tags
    assert all(tag.startswith("Documents: ") for tag in tags)


def test_session_of_a_site_that_describes_none__has_the_prefix_too(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]
    }
    [logout] = [path for name, path in generate()["paths"].items() if name.endswith("logout/")]
    assert logout["post"]["security"] == [{"OrgFilesSession": []}]


@pytest.mark.sweep
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
    environment = os.environ | {"TEST_DATABASE": "sqlite"}
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
