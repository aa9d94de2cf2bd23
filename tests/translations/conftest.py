"""Languages, and what tests of HTTP answers need."""

import pytest

# The people and files that the tests of the API work with.
from tests.rest.conftest import admin, client, stranger, user  # noqa: F401
from tests.rest.openapi.conftest import answer, contract, file, locked  # noqa: F401
from tests.rest.openapi.test_errors import viewer, world  # noqa: F401


@pytest.fixture
def russian_site(settings):
    """A site in Russian, whatever its readers ask for."""
    settings.LANGUAGE_CODE = "ru"


@pytest.fixture
def reader_decides(settings):
    """A site in English that listens to its readers."""
    settings.LANGUAGE_CODE = "en"
    settings.MIDDLEWARE = [
        "django.middleware.locale.LocaleMiddleware",
        *settings.MIDDLEWARE,
    ]
