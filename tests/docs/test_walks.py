"""Pages of the documentation, followed literally."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

import org_files
from tests.docs.blocks import DOCS, README, ROOT, Block, blocks_of
from tests.docs.reader import Differs, Reader, answers, environment
from tests.docs.runs import WALKS, is_walked
from tests.servers.postgresql import PostgreSQL

PACKAGE = Path(org_files.__file__).parent
LEGACY = ROOT / "tests/hosts/existing/legacy"
BEFORE = " (before)"

# What the site of the page had before the package came.
ROWS = """
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from legacy.models import Company, Document

vera = get_user_model().objects.create_user("vera", password="green-tea-42")
company = Company.objects.create(name="Old & Sons")
for title, category, author, content in (
    ("Letter.txt", "letters", vera, b"Dear customer"),
    ("Plan.txt", "plans", None, b"Boxes here"),
):
    attachment = ContentFile(content, title.lower())
    Document.objects.create(
        title=title, category=category, company=company, author=author, attachment=attachment
    )
"""

SHOP_SETTINGS = """
INSTALLED_APPS += ["rest_framework", "django_filters", "org_files", "shop"]
MEDIA_ROOT = BASE_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "org_files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / "private"},
    },
}
"""
PRODUCTS = """
from django.core.files.base import ContentFile
from org_files.models import Organization
from shop.models import Product

company = Organization.objects.create(name="Acme")
for name, content in (("Lamp", b"Switch on."), ("Vase", b"Add water.")):
    manual = ContentFile(content, f"{name.lower()}.txt")
    Product.objects.create(name=name, company=company, manual=manual)
"""
EMPTIED = """
from pathlib import Path
from shop.models import Product

print({product.manual.name for product in Product.objects.all()}, end=" ")
print([str(path) for path in Path("media").rglob("*") if path.is_file()])
"""

# A site with our own models, which is what migrations of ours are written for.
NEXT_SETTINGS = """
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "org_files"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
OLD_COLUMN = "    is_public = models"
NEW_COLUMN = '    colour = models.CharField(max_length=7, blank=True, db_default="")\n'

# The version before works on the table of the next: a column that it does not know is filled.
STORE = """
from django.core.files.base import ContentFile
from acme.models import Company, Document
from org_files.files import store_file

stored = store_file(organization=Company.objects.get(), owner=None, upload=ContentFile(b"-"),
    name="old.txt")
print(Document.objects.filter(pk=stored.pk).count(), hasattr(stored, "colour"))
"""

# A browser gets a page with filters, which needs all apps that the README names.
BROWSE = """
from django.contrib.auth import get_user_model
from django.test import Client

client = Client(SERVER_NAME="localhost")
print(client.get("/api/files/").status_code)
client.force_login(get_user_model().objects.create_user("ada"))
for path in ("files", "organizations", "downloads"):
    print(client.get(f"/api/{path}/", headers={"Accept": "text/html"}).status_code)
"""

# What happens to the site of the page while it is backed up.
ADD = """
from django.core.files.base import ContentFile
from org_files import get_organization_model
from org_files.files import store_file

store_file(organization=get_organization_model().objects.get(), owner=None,
    upload=ContentFile(b"{name}"), name="{name}")
"""
REMOVE = """
from org_files import get_file_model
from org_files.files import purge_file

purge_file(file=get_file_model().objects.get(name="hello.txt"))
"""


@pytest.fixture
def _curl():
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; on Debian and Ubuntu: apt-get install curl")


@pytest.fixture
def reader(_curl, tmp_path):
    with Reader(tmp_path) as reader:
        yield reader


@pytest.fixture
def production_reader(_curl, postgresql_server, redis_server, tmp_path):
    """A reader who has the environment of the page, without its databases."""
    server = postgresql_server.django_settings()
    name = f"walk_{uuid4().hex}"
    terminal, programs = environment(), PostgreSQL.find()
    variables = {
        **terminal,
        **{f"PG{key}": server[key] for key in ("HOST", "PORT", "USER", "PASSWORD")},
        "PATH": os.pathsep.join((*([str(programs)] if programs else []), terminal["PATH"])),
        "PGDATABASE": name,
        "CACHE_URL": redis_server.url,
        "BROKER_URL": redis_server.url,
        "SECRET_KEY": uuid4().hex * 2,
        "FILES_DIR": str(tmp_path / "files"),
        "UPLOADS_DIR": str(tmp_path / "uploads"),
    }
    with Reader(tmp_path, variables=variables) as reader:
        yield reader
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        for each in (name, f"{name}_drill"):
            connection.execute(f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)')


def walked(page):
    return [block for block in blocks_of(DOCS / f"{page}.rst") if is_walked(block)]


def run_script(reader, script):
    (reader.folder / "script.py").write_text(script, encoding="utf-8")
    return reader.run("python manage.py shell -v 0 < script.py")


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.walks
def test_tutorial__does_what_it_says__as_do_the_pages_that_go_on_from_there(
    reader,
):
    for page in WALKS["tutorial"]:
        reader.follow(walked(page))


@pytest.mark.walks
def test_large_uploads__do_what_their_page_says(reader):
    for page in WALKS["uploads"]:
        reader.follow(walked(page))


@pytest.mark.walks
def test_new_project__does_what_it_says__as_do_the_pages_that_go_on_from_there(reader, tmp_path):
    *pages, last = WALKS["new project"]
    for page in pages:
        reader.follow(walked(page))

    assert last == "upgrading"
    before = reader.run('printf "%s" "$PYTHONPATH"').strip()
    next_release = make_next_release(tmp_path / "next")
    reader.run(f"export PYTHONPATH={os.pathsep.join(filter(None, (str(next_release), before)))}")
    reader.follow(walked(last))
    reader.run(f"export PYTHONPATH={before}")
    assert run_script(reader, STORE).split() == ["1", "False"]


def make_next_release(folder):
    """Return where a package lies that adds a column to the base, with the migration of ours."""
    shutil.copytree(PACKAGE, folder / "org_files", ignore=shutil.ignore_patterns("__pycache__"))
    models = folder / "org_files/models/files.py"
    text = models.read_text(encoding="utf-8")
    assert text.count(OLD_COLUMN) == 1
    models.write_text(text.replace(OLD_COLUMN, NEW_COLUMN + OLD_COLUMN), encoding="utf-8")
    (folder / "next_settings.py").write_text(NEXT_SETTINGS, encoding="utf-8")
    path = os.pathsep.join((str(folder), *filter(None, [os.environ.get("PYTHONPATH")])))
    subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "org_files", "--name", "colour"],
        env={**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "next_settings"},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.walks
def test_existing_project__does_what_it_says_and_the_host_has_its_last_migration(
    reader,
):
    [page] = WALKS["existing project"]
    before, *adoption = walked(page)
    make_existing_site(reader, before)

    reader.follow(adoption)

    # The host's last migration is what Django found to do.
    migrations = reader.folder / "legacy/migrations"
    [written] = migrations.glob("0005_*.py")
    written.unlink()
    shutil.copy(LEGACY / "migrations/0005_as_the_package_has_it.py", migrations)
    reader.run("python manage.py makemigrations --check")


def test_existing_project__shows_the_files_of_the_host():
    [page] = WALKS["existing project"]
    shown = {block.source for block in walked(page)} - {None}
    # The first migration needs no change, and the last is what Django writes.
    others = ("__init__", "0001_initial", "0005_as_the_package_has_it")
    unshown = {LEGACY / f"migrations/{name}.py" for name in others}

    assert shown | unshown | {LEGACY / "__init__.py"} == set(LEGACY.rglob("*.py"))


def make_existing_site(reader, before):
    """Make the site of the page, with the models of ``before``, and rows and bytes."""
    assert before.caption.endswith(BEFORE)
    reader.run("django-admin startproject mysite .")
    reader.run("python manage.py startapp legacy")
    append(
        reader.folder / "mysite/settings.py",
        '\nINSTALLED_APPS += ["legacy"]\nMEDIA_ROOT = BASE_DIR / "media"\n',
    )
    reader.write(replace(before, options={"caption": before.caption.removesuffix(BEFORE)}))
    for name in ("0001_initial.py", "0002_document.py"):
        lines = (LEGACY / "migrations" / name).read_text(encoding="utf-8").splitlines(True)
        kept = "".join(line for line in lines if "run_before" not in line)
        (reader.folder / "legacy/migrations" / name).write_text(kept, encoding="utf-8")
    # The models of the page are those of the host's first two migrations.
    reader.run("python manage.py makemigrations --check")
    reader.run("python manage.py migrate")
    run_script(reader, ROWS)


@pytest.mark.walks
def test_adopt__moves_the_files_of_a_field_as_it_says(reader):
    [page] = WALKS["adopt"]
    before, *adoption = walked(page)
    reader.run("django-admin startproject mysite .")
    reader.run("python manage.py startapp shop")
    append(reader.folder / "mysite/settings.py", SHOP_SETTINGS)
    reader.write(replace(before, options={"caption": before.caption.removesuffix(BEFORE)}))
    reader.run("python manage.py makemigrations shop")
    reader.run("python manage.py migrate")
    run_script(reader, PRODUCTS)

    *emptied, undone = adoption
    reader.follow(emptied)
    assert run_script(reader, EMPTIED).split() == ["{''}", "[]"]
    reader.follow([undone])


@pytest.mark.walks
def test_example_project__is_run_by_hand_as_its_page_says(reader):
    ignored = shutil.ignore_patterns("__pycache__", "*.sqlite3*", "media", "log")
    shutil.copytree(ROOT / "example_project", reader.folder / "example_project", ignore=ignored)
    # What scripts/install makes, of the packages that are here already.
    python = reader.folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)

    for page in WALKS["example project"]:
        reader.follow(walked(page))

    assert "200" in reader.run(
        'curl -s -o page.html -w "%{http_code}\\n" http://127.0.0.1:8000/api/docs/'
    )


@pytest.mark.walks
def test_production__is_backed_up_while_files_come_and_go_and_the_drill_finds_nothing(
    production_reader,
):
    reader, [page] = production_reader, WALKS["production"]
    for block in walked(page):
        is_dump = block.text.startswith("$ pg_dump")
        if is_dump:
            # The first copy does not have it, and the dump does.
            run_script(reader, ADD.format(name="early"))
        reader.follow([block])
        if is_dump:
            # The dump has it, and the second copy would not.
            run_script(reader, REMOVE)
            run_script(reader, ADD.format(name="late"))

    blobs = (path for path in (reader.folder / "backup/files").rglob("*") if path.is_file())
    kept = {path.read_bytes() for path in blobs if not path.name.startswith(".")}
    assert kept == {b"Hello.\n", b"early", b"late"}


@pytest.mark.walks
def test_readme__wires_a_new_site(reader):
    reader.run("django-admin startproject mysite .")
    settings, urls, *_ = [b for b in blocks_of(README) if b.language == "python"]
    append(reader.folder / "mysite/settings.py", settings.text)
    (reader.folder / "mysite/urls.py").write_text(urls.text, encoding="utf-8")

    reader.run("python manage.py check --fail-level WARNING")
    reader.follow([block for block in blocks_of(README) if is_walked(block)])

    answered = run_script(reader, BROWSE).split()
    assert answered[-4:] == ["401", "200", "200", "200"]


@pytest.mark.parametrize(
    ("printed", "came", "same"),
    [
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n...\nfour\n", "one\nfour\n", True),
        ("one\n", "one\ntwo\n", False),
        ("one\ntwo\n", "one\n", False),
    ],
)
def test_ellipsis__stands_for_what_a_page_leaves_out(printed, came, same):
    assert answers(printed, came) is same


def test_page_that_says_something_else__is_noticed(reader):
    for typed, complaint in (("$ echo two\none\n", "What came"), ("$ false\n", "ended with 1")):
        with pytest.raises(Differs, match=complaint):
            reader.follow([Block("a.rst", 1, "console", typed)])
