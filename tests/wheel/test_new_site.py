"""The wheel and its hard dependencies alone, in a site that the README's few lines make."""

import gettext
import io
import re
import zipfile

import pytest

from tests.wheel.sites import RunServer

pytestmark = pytest.mark.wheel

PEOPLE = """
from django.contrib.auth import get_user_model
from org_files import get_organization_model
from org_files.models import Membership

User = get_user_model()
for name in ("ada", "bob"):
    User.objects.create_user(name, password="green-tea-42")
acme = get_organization_model().objects.create(name="Acme")
Membership.objects.create(user=User.objects.get(username="ada"), organization=acme)
"""

# What `pip install django-org-files` may bring; tzdata and typing-extensions come with some
# interpreters and systems only.
HARD = {"asgiref", "django", "django-filter", "django-org-files", "djangorestframework", "sqlparse"}
ALWAYS = {"pip", "setuptools", "typing-extensions", "tzdata"}

RUSSIAN = """
LANGUAGE_CODE = "ru"
MIDDLEWARE.insert(2, "django.middleware.locale.LocaleMiddleware")
"""


def log_in(client, name):
    response = client.post("/api/auth/login/", json={"username": name, "password": "green-tea-42"})
    assert response.status_code == 200, response.text
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]


def upload(client, name, content):
    return client.post("/api/files/", files={"file": (name, content)})


def test_bare_environment__has_the_hard_dependencies_alone(bare_environment):
    installed = bare_environment.installed()

    assert installed - ALWAYS == HARD
    where = "import org_files; print(org_files.__file__)"
    assert bare_environment.run("python", "-c", where).startswith(str(bare_environment.folder))


def test_new_site__is_in_order_serves_a_file_and_answers_in_russian(site, built_wheel):
    site.manage("check", "--fail-level", "WARNING")
    site.manage("migrate")
    site.manage("makemigrations", "--check", "--dry-run")
    site.manage("shell", "-v", "0", stdin=PEOPLE)

    with RunServer(site) as server, server.client() as ada:
        log_in(ada, "ada")
        stored = upload(ada, "report.txt", b"as plain as day")
        assert stored.status_code == 201, stored.text
        content = ada.get(stored.json()["content_url"])
        assert content.content == b"as plain as day"
        assert content.headers["content-disposition"] == 'attachment; filename="report.txt"'
        assert ada.get(f"/api/files/{stored.json()['id']}/").json()["download_count"] == 1
        page = ada.get("/api/files/", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "report.txt" in page.text

    assert site.manage("org_files_verify").splitlines() == [
        "counters: 1 files, 0 tombstones, 1 organizations verified",
        "usage: 1 organizations verified",
        "links: 0 links verified",
        "attachments: 0 objects verified",
        "files: 1 files, 0 uploads, 0 renditions, 0 avatars, 1 blobs verified",
    ]
    [kept] = (site.folder / "private").glob("*/*/*")
    assert kept.read_bytes() == b"as plain as day"

    english = "You belong to no organization."
    with zipfile.ZipFile(built_wheel) as archive:
        catalogue = archive.read("org_files/locale/ru/LC_MESSAGES/django.mo")
    russian = gettext.GNUTranslations(io.BytesIO(catalogue)).gettext(english)
    assert re.search(r"[\u0430-\u044f]{3}", russian)
    with site.with_settings(RUSSIAN), RunServer(site) as server, server.client() as bob:
        log_in(bob, "bob")
        for language, detail in (("ru", russian), ("en", english), ("", russian)):
            bob.headers["Accept-Language"] = language
            refused = upload(bob, "report.txt", b"-")
            assert refused.status_code == 403
            assert refused.json() == {"detail": detail, "code": "no_organization"}
