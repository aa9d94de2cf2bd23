"""A new site by docs/howto/new-project.rst, word for word: from `pip install` to the count."""

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


def assert_is_of_wheel(package, wheel):
    """Pip installed this wheel, not a release from an index."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith(f"{package.name}/")]
        assert names
        for name in names:
            assert (package.parent / name).read_bytes() == archive.read(name)


def test_page__goes_all_the_way():
    consoles = [block for block in PAGE if block.language == "console"]
    typed = [command for block in consoles for command, _ in commands_of(block)]

    assert typed[2] == 'python -m pip install "django-org-files[jwt]"'
    assert typed[-1] == "python manage.py makemigrations --check"
    assert {"python manage.py migrate", "python manage.py runserver"} <= set(typed)


def test_new_project__is_made_from_the_wheel_as_the_page_says(
    built_wheel, bare_environment, tmp_path
):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; on Debian and Ubuntu: apt-get install curl")
    folder = tmp_path / "site"
    folder.mkdir()
    assert ROOT not in folder.parents
    variables = bare_environment.variables()
    # Where pip finds the package by its name: besides wherever else it looks.
    links = [variables.get("PIP_FIND_LINKS", ""), str(built_wheel.parent)]
    variables |= {
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PIP_FIND_LINKS": " ".join(filter(None, links)),
    }

    with Reader(folder, variables=variables, done=()) as reader:
        reader.follow(PAGE)

        where = reader.run('python -c "import org_files; print(org_files.__file__)"')
        (folder / "look.py").write_text(LOOK, encoding="utf-8")
        looked = reader.run("python manage.py shell -v 0 < look.py").split()

    package = Path(where.strip()).parent
    assert package.is_relative_to(folder / ".venv")
    assert_is_of_wheel(package, built_wheel)
    assert looked[:3] == ["acme.Person", "acme.Company", "acme.Document"]
    assert looked[3:5] == ["UUIDField", "1"]
    assert looked[5:] == ["200"] * 7
