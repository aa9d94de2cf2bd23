"""Imports without settings, and a site without extras."""

from __future__ import annotations

import os
import subprocess
import sys

EXTRAS = ("rest_framework_simplejwt", "PIL", "storages", "boto3", "celery", "drf_spectacular")


def run(program: str) -> str:
    """Run a program in a new interpreter without settings; return what it printed."""
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout.strip()


def test_package__is_imported_without_django_and_settings_and_apps() -> None:
    program = (
        "import sys, org_files\n"
        "print(org_files.__version__, 'django' in sys.modules)\n"
        "import org_files.ids, org_files.exceptions, org_files.signals, org_files.conf\n"
        "from django.conf import settings\n"
        "print(settings.configured)\n"
        "settings.configure(INSTALLED_APPS=[])\n"
        "try:\n"
        "    org_files.get_file_model()\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)"
    )

    version, *printed = run(program).split()

    assert version[0].isdigit()
    assert printed == ["False", "False", "AppRegistryNotReady"]


def test_site_without_extras__starts_and_is_checked() -> None:
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({EXTRAS!r}))\n"
        "import django\n"
        "from django.conf import settings\n"
        "settings.configure(\n"
        "    SECRET_KEY='x' * 50,\n"
        "    ROOT_URLCONF='org_files.urls',\n"
        "    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}},\n"
        "    INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'org_files'],\n"
        ")\n"
        "django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('check', fail_level='WARNING')\n"
    )

    assert "no issues" in run(program)
