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
from org_files.accounts import urls as accounts_urls
from org_files.rest import urls
from org_files.rest.openapi import extensions
from org_files.rest.openapi.extensions import key_of
from org_files.rest.serializers import FileSerializer
from tests.rest.openapi.contract import Contract, as_yaml, generate, meaning

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "openapi.yaml"
COMMAND = "ORG_FILES_UPDATE_GOLDEN=1 python -m pytest tests/rest/test_openapi.py -k golden"

PUBLIC = {
    *("auth_register", "auth_login", "token_obtain", "token_refresh", "token_blacklist"),
    *("shared_content", "shared_open"),
}


@pytest.fixture(scope="module")
def contract():
    return Contract(generate())


def test_schema__says_what_the_golden_file_says(contract):
    schema = contract.schema
    if os.environ.get("ORG_FILES_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(as_yaml(schema), encoding="utf-8")
    # Compared by meaning: the order of keys and of most lists is drf-spectacular's.
    golden, now = meaning(yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))), meaning(schema)
    lines = difflib.unified_diff(
        as_yaml(golden, sort_keys=True).splitlines(),
        as_yaml(now, sort_keys=True).splitlines(),
        "tests/rest/openapi.yaml",
        "the schema now",
        lineterm="",
    )
    assert now == golden, "\n".join([*lines, "", f"If it is meant: {COMMAND}"])


@pytest.mark.parametrize(
    "change",
    [
        {"OAS_VERSION": "3.0.3"},
        {"OAS_VERSION": "3.1.1"},
        {"COMPONENT_SPLIT_REQUEST": True},
        {"ENUM_SUFFIX": "", "POSTPROCESSING_HOOKS": []},
    ],
)
def test_schema__is_valid_and_made_without_a_warning(change, capsys):
    schema = generate(**change)
    assert not GENERATOR_STATS
    assert capsys.readouterr().err == ""
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
        assert operation["tags"][0], id
        assert operation["summary"].strip("."), id
        assert operation["description"].endswith("."), id
        assert all(item["description"] for item in contract.parameters(id).values()), id
        assert (operation["security"] == []) == (id in PUBLIC), id
        for status, response in contract.responses(id).items():
            assert response["description"], id
            if status > "400":
                assert contract.codes(id, int(status)), (id, status)


def test_body__is_described_without_what_is_only_shown(contract):
    schemas = contract.components["schemas"]
    for id, operation in contract.operations.items():
        for content in contract.media_types(id).values():
            body = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            assert not any(item.get("readOnly") for item in body["properties"].values()), id
            assert operation["method"] != "PATCH" or "required" not in body, id
    [form] = contract.media_types("files_create").items()
    assert form[0] == "multipart/form-data"
    assert schemas["FileUpload"]["properties"]["file"]["format"] == "binary"
    assert schemas["FileUpload"]["required"] == ["file"]


@isolate_apps("org_files")
def test_key__is_of_the_type_that_the_model_has():
    meta = type("Meta", (), {"app_label": "org_files"})

    def key_schema(name, base=models.Model, **fields):
        return key_of(models_.setdefault(name, type(name, (base,), namespace | fields)))

    models_, namespace = {}, {"__module__": __name__, "Meta": meta}
    uuid = {"type": "string", "format": "uuid"}
    assert key_schema("Unique", id=models.UUIDField(primary_key=True)) == uuid
    assert key_schema("Child", base=models_["Unique"]) == uuid
    assert key_schema("Plain") == {"type": "integer"}
    assert key_schema("Text", code=models.CharField(primary_key=True)) == {"type": "string"}


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

    class Meta(FileSerializer.Meta):
        fields = [*FileSerializer.Meta.fields, "shelf"]
        read_only_fields = fields


def test_serializer_of_the_site__is_the_same_component_with_its_fields(settings, contract):
    settings.ORG_FILES = {"FILE_SERIALIZER": f"{__name__}.SiteFileSerializer"}
    schema = generate()
    assert not GENERATOR_STATS
    names = schema["components"]["schemas"].keys()
    assert names == contract.components["schemas"].keys()
    ours, site = (
        found["components"]["schemas"]["File"]["properties"] for found in (contract.schema, schema)
    )
    assert site.keys() - ours.keys() == {"shelf"}


def test_site_with_the_schema_class_of_drf__is_described_all_the_same(settings, contract):
    settings.REST_FRAMEWORK = {
        name: value
        for name, value in settings.REST_FRAMEWORK.items()
        if name != "DEFAULT_SCHEMA_CLASS"
    }
    assert generate()["paths"] == contract.schema["paths"]


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
