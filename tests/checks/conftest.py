from __future__ import annotations

from typing import Any

import pytest
from django.db import connection


@pytest.fixture(scope="session", autouse=True)
def _known_database(django_db_setup: None, django_db_blocker: Any) -> None:
    """Django's checks of JSON columns ask the database once what it can do.

    Before any test changes settings, under which the tables could not be made.
    """
    with django_db_blocker.unblock():
        assert connection.features.supports_json_field
