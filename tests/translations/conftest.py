"""Languages of sites and of readers."""

import pytest
from django.utils import translation

# The people that the tests of the API work with.
from tests.rest.conftest import client, stranger, user  # noqa: F401


@pytest.fixture
def in_russian():
    with translation.override("ru"):
        yield


@pytest.fixture
def russian_site(settings):
    """A site in Russian, in whatever language its readers ask."""
    settings.LANGUAGE_CODE = "ru"


@pytest.fixture
def reader_decides(settings):
    """A site in English that takes the language of its readers."""
    settings.LANGUAGE_CODE = "en"
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
