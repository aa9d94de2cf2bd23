"""A site whose language is Russian from its start on."""

import io
import json

import yaml
from django.core.management import call_command
from django.test import Client

from tests.hosts.suite.test_openapi import GOLDEN, LOADER
from tests.rest.openapi.contract import SETTINGS, generate, meaning
from tests.translations.test_answers import is_russian


def test_openapi__says_what_the_golden_file_says():
    golden = meaning(yaml.load(GOLDEN.read_text(encoding="utf-8"), LOADER))
    assert meaning(generate()) == golden
    written = io.StringIO()
    call_command(
        "spectacular", custom_settings=f"{__name__}.SETTINGS", format="openapi-json", stdout=written
    )
    assert meaning(json.loads(written.getvalue())) == golden
    assert SETTINGS["OAS_VERSION"] == golden["openapi"]


def test_errors__are_in_russian(db):
    answer = Client().get("/api/files/").json()
    assert answer["code"] == "not_authenticated"
    # In the words of Django REST framework.
    assert is_russian(answer["detail"])
    response = Client().post("/api/auth/login/", b"[]", content_type="application/json")
    assert response.json() == {
        "detail": "Тело запроса должно быть объектом JSON.",
        "code": "parse_error",
    }


def test_migrations__have_the_texts_of_the_source(db):
    # It ends the process with a code other than 0 if there are changes.
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
