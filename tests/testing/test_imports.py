"""Nothing of the package imports the test aids, and only the fixtures import pytest."""

from __future__ import annotations

import pkgutil

from org_files import testing
from tests.models.test_imports import run

SITE = """
import sys
sys.modules["pytest"] = None
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50,
    ROOT_URLCONF="org_files.urls",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "org_files"],
)
django.setup()
"""


def test_everything_but_the_fixtures__needs_no_pytest_and_is_imported_by_no_site() -> None:
    found = pkgutil.walk_packages(testing.__path__, "org_files.testing.")
    names = [module.name for module in found if module.name != "org_files.testing.fixtures"]
    program = (
        "import org_files.urls\n"
        "print([name for name in sys.modules if name.startswith('org_files.testing')])\n"
        f"from importlib import import_module\nfor name in {names}: import_module(name)"
    )

    assert len(names) > 10
    assert run(SITE + program) == "[]"


def test_fixtures__are_imported_before_settings_are_there() -> None:
    program = (
        "import org_files.testing.fixtures\n"
        "from django.conf import settings\n"
        "print(settings.configured)"
    )

    assert run(program) == "False"
