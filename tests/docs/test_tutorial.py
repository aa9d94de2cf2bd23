"""What the pages tell a reader to do is done here, literally."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, ROOT, blocks_of, commands_of
from tests.docs.reader import INSTALLATION, Reader

TUTORIAL = blocks_of(DOCS / "tutorial.rst")


# What the page says of its last sample.
ASK = """
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client
from org_files import get_organization_model
from org_files.files import store_file
from org_files.models import Membership

ada = get_user_model().objects.create_user("ada")
company = get_organization_model().objects.create(name="Acme")
Membership.objects.create(user=ada, organization=company)
store_file(organization=company, owner=ada, upload=ContentFile(b"-"), name="a.txt")
client = Client(SERVER_NAME="localhost")
client.force_login(ada)
for reviewed in ("false", "true"):
    files = client.get("/api/files/", {"reviewed": reviewed}).json()["results"]
    print([file["reviewed"] for file in files])
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


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; on Debian and Ubuntu: apt-get install curl")
    with Reader(tmp_path) as reader:
        yield reader


def test_tutorial__does_what_it_says__as_do_the_samples_that_go_on_from_there(
    reader: Reader,
) -> None:
    reader.follow(TUTORIAL)
    for page in ("http-api", "counting"):
        reader.follow([b for b in blocks_of(DOCS / f"{page}.rst") if b.language == "console"])


def test_models_page__does_what_it_says(reader: Reader) -> None:
    reader.run("django-admin startproject mysite .")
    for block in TUTORIAL:
        if block.caption:
            reader.write(block)

    reader.follow(blocks_of(DOCS / "models.rst"))
    (reader.folder / "ask.py").write_text(ASK, encoding="utf-8")

    answered = reader.run("python manage.py shell -v 0 < ask.py").split()
    assert answered[-2:] == ["[False]", "[]"]


def test_readme__wires_a_new_site(reader: Reader) -> None:
    reader.run("django-admin startproject mysite .")
    settings, urls, *_ = [b for b in blocks_of(ROOT / "README.md") if b.language == "python"]
    with (reader.folder / "mysite/settings.py").open("a", encoding="utf-8") as file:
        file.write(settings.text)
    (reader.folder / "mysite/urls.py").write_text(urls.text, encoding="utf-8")

    reader.run("python manage.py check --fail-level WARNING")
    reader.run("python manage.py migrate")
    (reader.folder / "browse.py").write_text(BROWSE, encoding="utf-8")
    answered = reader.run("python manage.py shell -v 0 < browse.py").split()
    assert answered[-4:] == ["401", "200", "200", "200"]


def test_commands_that_the_reader_passes_over__are_those_of_the_installation() -> None:
    commands = [command for block in TUTORIAL if block.language == "console"
                for command, _ in commands_of(block)]  # fmt: skip

    assert commands[: len(INSTALLATION)] == list(INSTALLATION)
