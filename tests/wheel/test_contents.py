"""Contents of the wheel and of the source archive."""

import tarfile
import zipfile
from pathlib import PurePosixPath

import pytest

from tests.wheel.conftest import ROOT

pytestmark = pytest.mark.wheel

PACKAGE = ROOT / "src" / "org_files"


@pytest.fixture(scope="module")
def in_wheel(built_wheel):
    with zipfile.ZipFile(built_wheel) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


@pytest.fixture(scope="module")
def in_sdist(distributions):
    with tarfile.open(distributions[0]) as archive:
        names = [PurePosixPath(member.name) for member in archive if member.isfile()]
    return {str(name.relative_to(name.parts[0])) for name in names}


def package_files():
    """The package as it lies in the source tree, by the names that a wheel has."""
    found = {path for path in PACKAGE.rglob("*") if path.is_file()}
    kept = {path for path in found if "__pycache__" not in path.parts}
    return {path.relative_to(PACKAGE.parent).as_posix() for path in kept}


def test_wheel__holds_the_package_as_it_is_and_its_metadata(in_wheel):
    metadata = {name for name in in_wheel if PurePosixPath(name).parts[0].endswith(".dist-info")}

    assert in_wheel - metadata == package_files()
    assert {PurePosixPath(name).name for name in metadata} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "LICENSE",
        "LICENSE-DEPENDENCIES",
    }


def test_wheel__has_what_is_no_import_of_the_package_and_compiled_translations(
    in_wheel,
):
    assert in_wheel >= {
        "org_files/py.typed",
        "org_files/migrations/0001_initial.py",
        "org_files/accounts/migrations/0001_initial.py",
        "org_files/management/commands/org_files_maintenance.py",
        "org_files/locale/ru/LC_MESSAGES/django.po",
        "org_files/web/static/org_files_web/org-files.css",
        "org_files/web/static/org_files_web/vendor/tus-js-client/tus.min.js",
        "org_files/web/static/org_files_web/vendor/tus-js-client/LICENSE",
    }
    sources = {name for name in in_wheel if name.endswith(".po")}
    assert {name.removesuffix(".po") + ".mo" for name in sources} <= in_wheel


@pytest.mark.parametrize("archive", ["in_wheel", "in_sdist"])
def test_archives__have_nothing_that_running_leaves_behind(archive, request):
    names = request.getfixturevalue(archive)

    suffixes = {PurePosixPath(name).suffix for name in names}
    assert not suffixes & {".pyc", ".pyo", ".log", ".sqlite3", ".orig", ".rej", ".swp"}
    folders = {part for name in names for part in PurePosixPath(name).parts[:-1]}
    assert not folders & {"__pycache__", ".venv", ".demo", ".tox", ".schemathesis"}
    assert not folders & {"_build", "private", "media", "static_root"}


def test_sdist__is_enough_to_run_the_tests(in_sdist):
    needed = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "dev.py", "tox.ini"}

    # What the tests read of the pins.
    needed |= {"constraints.txt", "pins.py", ".pre-commit-config.yaml"}
    assert needed | {"pyproject.toml", "tests/conftest.py", "docs/conf.py"} <= in_sdist
    assert {f"src/{name}" for name in package_files()} <= in_sdist
