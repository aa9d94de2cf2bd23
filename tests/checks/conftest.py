from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

SETTINGS = """
SECRET_KEY = "a-key-for-tests-alone"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "shop", "org_files"
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""

HEADER = """
from django.db import models
from org_files.models import AbstractFile, AbstractOrganization
"""

LIST_MESSAGES = """
import json
from django import setup
from django.core.checks import run_checks
setup()
found = run_checks(tags=["org_files"])
print(json.dumps([[each.id, each.msg, each.hint] for each in found]))
"""


class Site:
    """A small project with an app ``shop``, each of whose commands is a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = folder / "shop"

    def __call__(self, models: str, settings: str, *command: str, code: int = 0) -> str:
        """Return what manage.py says with these models and settings. It ends with ``code``."""
        return self._python(models, settings, "-m", "django", *command, code=code)

    def messages(self, models: str, settings: str) -> list[list[str]]:
        """Return id, text and hint of what our checks find."""
        found: list[list[str]] = json.loads(self._python(models, settings, "-c", LIST_MESSAGES))
        return found

    def _python(self, models: str, settings: str, *arguments: str, code: int = 0) -> str:
        self.app.mkdir(exist_ok=True)
        (self.app / "__init__.py").touch()
        (self.app / "models.py").write_text(HEADER + textwrap.dedent(models))
        (self.folder / "site_settings.py").write_text(SETTINGS + textwrap.dedent(settings))
        path = os.pathsep.join([str(self.folder), *sys.path])
        result = subprocess.run(
            [sys.executable, *arguments],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": path},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout + result.stderr


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A project that runs commands with the models and settings given."""
    return Site(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _known_database(django_db_setup: None, django_db_blocker: Any) -> None:
    """Django's checks of JSON columns ask the database once what it can do.

    Before any test changes settings, under which the tables could not be made.
    """
    with django_db_blocker.unblock():
        assert connection.features.supports_json_field
