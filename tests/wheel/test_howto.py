"""New sites by pages of the documentation, word for word, from `pip install` on."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, ROOT, blocks_of, commands_of
from tests.docs.reader import Reader
from tests.docs.runs import is_walked

pytestmark = pytest.mark.wheel

PAGE = [block for block in blocks_of(DOCS / "howto/new-project.rst") if is_walked(block)]

# An organization with a UUID, columns of the site's own, and the pages of the admin.
LOOK = """
from django.contrib.auth import get_user_model
from django.test import Client
from org_files import counters, get_file_model, get_organization_model

company, document = get_organization_model(), get_file_model()
print(get_user_model()._meta.label, company._meta.label, document._meta.label)
print(company._meta.pk.get_internal_type())
print(counters.with_totals(document.objects.all()).get().download_count)
client = Client(SERVER_NAME="localhost")
client.force_login(get_user_model().objects.get(is_superuser=True))
for model in (get_user_model(), company, document):
    for page in ("", f"{model.objects.first().pk}/change/"):
        url = f"/admin/acme/{model._meta.model_name}/{page}"
        print(client.get(url).status_code, end=" ")
print(client.get("/admin/acme/person/add/").status_code)
"""

# A superuser adds a product with a file on its admin page, and sees the file there.
VASE = """
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client
from shop.models import Product

client = Client(SERVER_NAME="localhost")
client.force_login(get_user_model().objects.get(is_superuser=True))
forms = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "upload": ContentFile(b"A vase.", name="vase.txt")}
client.post("/admin/shop/product/add/", {
    "company": Product.objects.get().company_id,
    "name": "Vase",
    **{f"org-files-attachments-{name}": value for name, value in forms.items()},
})
vase = Product.objects.get(name="Vase")
print(vase.attachments.get().open().read().decode())
print(client.get(f"/admin/shop/product/{vase.pk}/change/").content.decode().count("vase.txt") > 0)
"""


@pytest.fixture
def reader(built_wheel, bare_environment, tmp_path):
    """A reader with a new folder, whose pip finds the package by its name."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; on Debian and Ubuntu: apt-get install curl")
    folder = tmp_path / "site"
    folder.mkdir()
    assert ROOT not in folder.parents
    variables = bare_environment.variables()
    # Besides wherever else pip looks.
    links = [variables.get("PIP_FIND_LINKS", ""), str(built_wheel.parent)]
    variables |= {
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PIP_FIND_LINKS": " ".join(filter(None, links)),
    }
    with Reader(folder, variables=variables, done=()) as reader:
        yield reader


def assert_is_of_wheel(reader, wheel):
    """Pip installed this wheel, not a release from an index."""
    where = reader.run('python -c "import org_files; print(org_files.__file__)"')
    package = Path(where.strip()).parent
    assert package.is_relative_to(reader.folder / ".venv")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith(f"{package.name}/")]
        assert names
        for name in names:
            assert (package.parent / name).read_bytes() == archive.read(name)


def run_script(reader, script):
    (reader.folder / "script.py").write_text(script, encoding="utf-8")
    return reader.run("python manage.py shell -v 0 < script.py").split()


def test_page__goes_all_the_way():
    consoles = [block for block in PAGE if block.language == "console"]
    typed = [command for block in consoles for command, _ in commands_of(block)]

    assert typed[2] == 'python -m pip install "django-org-files[jwt]"'
    assert typed[-1] == "python manage.py makemigrations --check"
    assert {"python manage.py migrate", "python manage.py runserver"} <= set(typed)


def test_new_project__is_made_from_the_wheel_as_the_page_says(reader, built_wheel):
    reader.follow(PAGE)

    looked = run_script(reader, LOOK)
    assert_is_of_wheel(reader, built_wheel)
    assert looked[:3] == ["acme.Person", "acme.Company", "acme.Document"]
    assert looked[3:5] == ["UUIDField", "1"]
    assert looked[5:] == ["200"] * 7


def test_files_on_models__come_from_the_wheel_in_twelve_lines(reader, built_wheel):
    written = 0
    for block in filter(is_walked, blocks_of(DOCS / "attachments.rst")):
        if "emphasize-lines" in block.options:
            highlighted, others = split_lines(block)
            written += len(highlighted)
            # What Django has written, but the end of the settings, has all other lines.
            path = reader.folder / block.caption
            assert not others or set(others) <= set(path.read_text(encoding="utf-8").splitlines())
        reader.follow([block])

    assert_is_of_wheel(reader, built_wheel)
    assert written == 12
    assert "the twelve highlighted lines" in (DOCS / "attachments.rst").read_text(encoding="utf-8")
    assert run_script(reader, VASE) == ["A", "vase.", "True"]


def split_lines(block):
    """Return the lines of code that a page highlights, and the others."""
    lines, highlighted = block.text.splitlines(), []
    for part in block.options["emphasize-lines"].split(","):
        first, _, last = part.partition("-")
        highlighted += lines[int(first) - 1 : int(last or first)]
    assert all(highlighted)
    return highlighted, [line for line in lines if line and line not in highlighted]
