"""Imports without settings, and a site without extras."""

import os
import pkgutil
import subprocess
import sys

from org_files import testing

EXTRAS = ("rest_framework_simplejwt", "PIL", "storages", "boto3", "celery", "drf_spectacular")


def run(program):
    """Run a program in a new interpreter without settings; return the words that it printed."""
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
    return ran.stdout.split()


WITHOUT_SETTINGS = """
import sys, org_files
print(org_files.__version__, "django" in sys.modules)
import org_files.ids, org_files.exceptions, org_files.signals, org_files.conf
import org_files.testing.fixtures
from django.conf import settings
print(settings.configured)
settings.configure(INSTALLED_APPS=[])
try:
    org_files.get_file_model()
except Exception as error:
    print(type(error).__name__)
"""


def test_package__is_imported_without_django_and_settings_and_apps():
    version, *printed = run(WITHOUT_SETTINGS)

    assert version[0].isdigit()
    assert printed == ["False", "False", "AppRegistryNotReady"]


WITHOUT_EXTRAS = """
import sys
sys.modules.update(dict.fromkeys(missing))
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50,
    ROOT_URLCONF="org_files.urls",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "org_files"],
)
django.setup()
from django.core.management import call_command
call_command("check", fail_level="WARNING")
assert not [name for name in sys.modules if name.startswith("org_files.testing")]
from importlib import import_module
for name in aids: import_module(name)
"""


def test_site_without_extras__is_checked_and_imports_test_aids_only_by_itself():
    found = pkgutil.walk_packages(testing.__path__, "org_files.testing.")
    # Only the fixtures need pytest.
    aids = [module.name for module in found if module.name != "org_files.testing.fixtures"]

    printed = run(f"missing, aids = {(*EXTRAS, 'pytest')!r}, {aids!r}\n{WITHOUT_EXTRAS}")

    assert len(aids) > 10
    assert printed[:5] == ["System", "check", "identified", "no", "issues"]
