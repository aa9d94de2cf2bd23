"""A small project with models and settings of a test, in a process of its own."""

import json
import os
import subprocess
import sys

SETTINGS = """
SECRET_KEY = "a-key-for-tests-alone"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "shop", "org_files"
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""

MODELS = """
import uuid
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import CharField, FileField, ForeignKey, OneToOneField, UUIDField
from django.utils import timezone
from org_files.accounts.base_user import AbstractEmailUser
from org_files.ids import new_public_id
from org_files.models import AbstractFile, AbstractOrganization
"""

SCRIPT = """
import json, sys
import django
from django.core.checks import run_checks
django.setup()

def found():
    return [[each.id, each.msg, each.hint] for each in run_checks(tags=["org_files"])]

outcome = {}
"""


def run_site(folder, *, models, settings, script, early=""):
    """Return the ``outcome`` of a script in a project with an app ``shop``, a process of its own.

    Its function ``found`` returns id, text and hint of each message of our checks. ``early`` runs
    before the apps are loaded.
    """
    app = folder / "shop"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "models.py").write_text(MODELS + models)
    (folder / "site_settings.py").write_text(SETTINGS + settings)
    result = subprocess.run(
        [sys.executable, "-c", f"{early}{SCRIPT}{script}\nprint(json.dumps(outcome))"],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout.splitlines()[-1])
