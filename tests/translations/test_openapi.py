"""The OpenAPI schema is one document, whatever the language of the site and of the reader."""

import io
import json

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import path
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.views import SpectacularAPIView
from rest_framework.generics import ListAPIView

from org_files import get_file_model
from org_files.rest.serializers import FileSerializer
from tests import urls as site
from tests.rest.openapi.contract import SETTINGS, generate
from tests.translations.test_answers import RUSSIAN


class SchemaView(SpectacularAPIView):
    custom_settings = SETTINGS


class ShelfView(ListAPIView):
    """A view of a site's own, the first to show files, described as drf-spectacular does it."""

    queryset = get_file_model().objects.none()
    serializer_class = FileSerializer


urlpatterns = [
    path("a/shelf/", ShelfView.as_view()),
    path("schema/", SchemaView.as_view()),
    *site.urlpatterns,
]


@pytest.fixture
def english():
    """The schema that tests/rest/test_openapi.py holds to the golden file."""
    return generate()


@pytest.mark.parametrize("language", ["en", "ru", "de", None])
def test_schema__is_the_same_in_every_language(language, english):
    with translation.override(language):
        assert generate() == english
        assert translation.get_language() == language


def test_command__writes_the_same_schema_on_a_russian_site(english, russian_site):
    text = io.StringIO()
    call_command("spectacular", custom_settings=f"{__name__}.SETTINGS", stdout=text)
    assert yaml.safe_load(text.getvalue()) == english


def test_command__writes_the_same_schema_when_asked_for_russian(english):
    text = io.StringIO()
    call_command("spectacular", custom_settings=f"{__name__}.SETTINGS", lang="ru", stdout=text)
    assert yaml.safe_load(text.getvalue()) == english


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("url", ["/schema/", "/schema/?lang=ru"])
def test_view__serves_the_same_schema_to_russian_readers(url, english, reader_decides):
    response = Client(headers=RUSSIAN).get(url)
    assert response.headers["Content-Language"] == "ru"
    assert yaml.safe_load(response.content) == english


def test_view_of_the_site__that_shows_files_first_changes_no_component(english):
    with translation.override("ru"), patched_settings(SETTINGS):
        schema = SchemaGenerator(patterns=urlpatterns).get_schema(public=True)
    # As JSON has it, like the other one.
    shown = json.loads(json.dumps(schema["components"]["schemas"]["File"]))
    assert next(iter(schema["paths"])) == "/a/shelf/"
    assert shown == english["components"]["schemas"]["File"]
