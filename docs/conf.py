"""Configuration of the documentation: ``sphinx-build -W -n docs docs/_build/html``."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

# Autodoc imports the package, which needs loaded apps; no database is ever asked.
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.messages",
        "rest_framework",
        "django_filters",
        "org_files",
        "org_files.accounts",
    ],
    USE_I18N=False,
)
django.setup()

from org_files import __version__  # noqa: E402

project = "django-org-files"
author = "The django-org-files contributors"
project_copyright = author
version = release = __version__

extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {release}"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
# As in the source: what a default is, not what it evaluates to.
autodoc_preserve_defaults = True

# Names of others, whose inventories a build without a network cannot read: qualified, and bare
# where an annotation cannot be evaluated because its import is for type checkers alone.
OTHERS = r"(collections\.abc|datetime|django|re|rest_framework|uuid)\..*"
BARE = (
    "AbstractBaseUser|BaseDatabaseWrapper|Content|HttpRequest|Model|ModelT|Q|QuerySet|UUID|datetime"
)
nitpick_ignore_regex = [("py:.*", OTHERS), ("py:class", BARE)]
