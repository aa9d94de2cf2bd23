"""Static files of the pages: under hashed names, with nonces, and nothing inline in templates."""

import hashlib
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import storages
from django.test import Client

import org_files
from tests.docs.blocks import DOCS

PACKAGE = Path(org_files.__file__).parent
STATIC = PACKAGE / "web" / "static"
TUS = STATIC / "org_files_web" / "vendor" / "tus-js-client"
LINKED = re.compile(r'(?:src|href|data-tus)="(/static/[^"]+)"')


class Nonce:
    """A nonce of Django 6 and django-csp: false until it is written."""

    def __bool__(self):
        return False

    def __str__(self):
        return "r4nd0m"


def set_nonce(get_response):
    def respond(request):
        request.csp_nonce = Nonce()
        return get_response(request)

    return respond


def nonce_processor(request):
    return {"csp_nonce": Nonce()}


@pytest.fixture
def page(organization_member):
    """Returns the library as text."""
    browser = Client()
    browser.force_login(organization_member)
    return lambda: browser.get("/library/").content.decode()


@pytest.mark.django_db
def test_names_with_hashes__are_all_there_and_nothing_else_is_asked_for(page, settings, tmp_path):
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    options = {"location": str(tmp_path), "base_url": "/static/"}
    collected = ManifestStaticFilesStorage(**options)
    finder = AppDirectoriesFinder(["org_files.web"])
    paths = {name: (storage, name) for name, storage in finder.list([])}
    for name, (storage, _name) in paths.items():
        with storage.open(name) as file:
            collected.save(name, file)
    processed = list(collected.post_process(paths))
    assert {type(done) for _name, _hashed, done in processed} == {bool}

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": backend, "OPTIONS": options},
    }
    linked = {url.removeprefix("/static/") for url in LINKED.findall(page())}
    assert isinstance(storages["staticfiles"], ManifestStaticFilesStorage)

    assert linked == {
        collected.stored_name(f"org_files_web/{name}")
        for name in (
            *("org-files.css", "org-files.js", "org-files-upload.js", "org-files-uploader.js"),
            "vendor/tus-js-client/tus.min.js",
        )
    }
    assert all((tmp_path / name).is_file() for name in linked)
    # A storage that keeps hashed names alone, or a CDN, serves what templates name.
    for script in STATIC.glob("org_files_web/*.js"):
        code = script.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|export)\b|\bimport\(\s*['\"`]", code, re.MULTILINE)


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["django-csp", "Django 6"])
def test_nonce__is_on_every_style_sheet_and_script(page, settings, way):
    if way == "django-csp":
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.set_nonce"]
    else:
        [engine] = settings.TEMPLATES
        processors = [*engine["OPTIONS"]["context_processors"], f"{__name__}.nonce_processor"]
        settings.TEMPLATES = [{**engine, "OPTIONS": {"context_processors": processors}}]

    tags = re.findall(r"<(?:script|link)\b[^>]*>", page())

    assert len(tags) == 4
    assert all('nonce="r4nd0m"' in tag for tag in tags)


@pytest.mark.django_db
def test_page_of_a_site_without_nonces__has_none(page):
    assert "nonce" not in page()


def test_templates__have_no_inline_script_style_or_handler():
    for path in PACKAGE.glob("web/templates/**/*.html"):
        text = path.read_text(encoding="utf-8")
        assert all(" src=" in tag for tag in re.findall(r"<script\b[^>]*>", text)), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|https?://", text), path


def test_tus_js_client__is_the_published_bundle_without_its_last_line():
    bundle = (TUS / "tus.min.js").read_bytes() + b"//# sourceMappingURL=tus.min.js.map"

    assert hashlib.sha256(bundle).hexdigest() in (TUS / "README.txt").read_text()
    assert "MIT" in (TUS / "LICENSE").read_text()
    assert "js-base64 (BSD-3-Clause)" in (TUS / "LICENSE-DEPENDENCIES").read_text()


def test_documentation__names_every_block_of_the_templates():
    folder = PACKAGE / "web" / "templates" / "org_files_web"
    blocks = {
        str(path.relative_to(folder)): set(
            re.findall(r"{% block org_files_(\w+) %}", path.read_text())
        )
        for path in folder.glob("**/*.html")
    }
    looks = (DOCS / "pages-looks.rst").read_text(encoding="utf-8")
    rows = re.findall(r"\* - ``([\w/]+\.html)``\n     - ((?:.+\n)+?)(?=   \*|\n)", looks)
    documented = {name: set(re.findall(r"``(\w+)``", cell)) for name, cell in rows}

    assert documented == {name: found for name, found in blocks.items() if found}
