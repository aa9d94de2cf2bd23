"""The OpenAPI schema: one document, in every language of the site and of the reader."""

import io

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import path
from django.utils import translation
from drf_spectacular.views import SpectacularAPIView

from tests import urls as site
from tests.translations.test_answers import RUSSIAN

urlpatterns = [path("schema/", SpectacularAPIView.as_view()), *site.urlpatterns]


def written(**options):
    text = io.StringIO()
    call_command("spectacular", stdout=text, **options)
    return text.getvalue()


@pytest.fixture
def english():
    return written()


def test_command__writes_the_same_schema_in_every_language(english):
    with translation.override("ru"):
        assert written() == english
        assert translation.get_language() == "ru"
    assert written(lang="ru") == english


@pytest.mark.urls(__name__)
def test_view__serves_the_same_schema_to_russian_readers(reader_decides):
    english = Client().get("/schema/")
    russian = Client(headers=RUSSIAN).get("/schema/?lang=ru")

    assert russian.headers["Content-Language"] == "ru"
    assert yaml.safe_load(russian.content) == yaml.safe_load(english.content)
