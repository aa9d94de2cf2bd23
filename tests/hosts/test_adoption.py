"""A site with rows takes the package in, as docs/models.rst says, over hosts/existing."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

# The package's own suite cleans up its folder; this site keeps its database between commands.
SETTINGS = """
from tests.hosts.existing.settings import *
from pathlib import Path
ALLOWED_HOSTS = ["*"]
FOLDER = Path(__file__).parent
DATABASES = {"default": DATABASES["default"] | {"ENGINE": "django.db.backends.sqlite3",
    "NAME": FOLDER / "db.sqlite3", "OPTIONS": {}}}
STORAGES = STORAGES | {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": FOLDER / "media"}}}
"""

WALK = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
from org_files import counters, get_file_model, get_organization_model
from org_files.models import Membership
user = get_user_model().objects.get()
for company in get_organization_model().objects.all():
    Membership.objects.create(user=user, organization=company)
client = Client()
client.force_login(user)
files = client.get("/api/files/?ordering=name").json()["results"]
for file in files:
    body = b"".join(client.get(file["content_url"]).streaming_content).decode()
    print(file["name"], file["organization"]["name"], file["content_type"], file["size"], body)
print("counted", client.get("/api/organizations/").json()["results"][0]["download_count"])
print("unique", len({file["id"] for file in files}))
print("categories", *get_file_model().objects.order_by("pk").values_list("category", flat=True))
print("findings", counters.verify().findings)
"""


@pytest.fixture
def site(tmp_path):
    """Run Python in the site's folder; return what it wrote."""
    (tmp_path / "existing_site.py").write_text(SETTINGS)
    path = os.pathsep.join([str(tmp_path), str(ROOT), *sys.path])
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "existing_site", "PYTHONPATH": path}

    def run(*arguments, code=0):
        command = [sys.executable, *arguments]
        ran = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return run


@pytest.mark.hosts
def test_existing_rows__are_kept_and_served_as_files(site, tmp_path):
    site("-m", "django", "migrate", "legacy", "0002", "-v0")
    site("-m", "django", "migrate", "org_files_accounts", "-v0")
    documents = tmp_path / "media" / "documents"
    documents.mkdir(parents=True)
    (documents / "a.txt").write_text("alpha")
    (documents / "b.bin").write_text("beta!")
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        database.executescript(
            """
            INSERT INTO org_files_accounts_user (id, email, password, first_name, last_name, phone,
                is_superuser, is_staff, is_active, date_joined)
                VALUES (7, 'old@site.example', '!', '', '', '', 0, 0, 1, '2020-01-01 00:00:00');
            INSERT INTO legacy_company (id, name) VALUES (3, 'Old & Sons');
            INSERT INTO legacy_document (title, category, attachment, company_id, author_id)
                VALUES ('Alpha.txt', 'letters', 'documents/a.txt', 3, 7),
                       ('Beta', 'plans', 'documents/b.bin', 3, NULL);
            """
        )
    database.close()

    site("-m", "django", "migrate", "-v0")
    output = site("-c", WALK)

    assert output.splitlines()[-6:] == [
        "Alpha.txt Old & Sons text/plain 5 alpha",
        "Beta Old & Sons application/octet-stream 5 beta!",
        "counted 2",
        "unique 2",
        "categories letters plans",
        "findings []",
    ]


@pytest.mark.hosts
def test_forgotten_run_before__is_e003_with_exactly_that_line(site, tmp_path):
    tests = ROOT / "tests"
    for name in ("hosts/existing", "attachments/catalog"):
        shutil.copytree(tests / name, tmp_path / "tests" / name)
    names = ("__init__.py", "settings.py", "urls.py", "attachments/__init__.py")
    for name in (*names, "hosts/__init__.py", "hosts/common.py"):
        shutil.copy(tests / name, tmp_path / "tests" / name)
    migration = tmp_path / "tests/hosts/existing/legacy/migrations/0002_document.py"
    text = migration.read_text()
    line = re.search(r"run_before = .*", text).group()
    migration.write_text(text.replace(line, ""))

    output = site("-m", "django", "check", code=1)

    assert "org_files.E003" in output
    assert f"In migration legacy.0002_document: {line}" in output
