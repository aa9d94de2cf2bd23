"""A site whose language is Russian from its start on."""

import io
import json
from pathlib import Path

import yaml
from django.core.management import call_command
from django.test import Client

from tests.rest.openapi.contract import SETTINGS, generate

GOLDEN = Path(__file__).parents[3] / "rest" / "openapi.yaml"


def test_openapi__is_the_golden_file():
    golden = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
    assert generate() == golden
    written = io.StringIO()
    call_command(
        "spectacular", custom_settings=f"{__name__}.SETTINGS", format="openapi-json", stdout=written
    )
    assert json.loads(written.getvalue()) == golden
    assert SETTINGS["OAS_VERSION"] == golden["openapi"]


def test_errors__are_in_russian(db):
    assert Client().get("/api/files/").json() == {
        "detail": "Учетные данные не были предоставлены.",
        "code": "not_authenticated",
    }
    response = Client().post("/api/auth/login/", b"[]", content_type="application/json")
    assert response.json() == {
        "detail": "Тело запроса должно быть объектом JSON.",
        "code": "parse_error",
    }


def test_migrations__have_the_texts_of_the_source(db):
    written = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=written)
    assert written.getvalue().strip() == "No changes detected"
