"""The files of docs/testing.rst, written down and run as a site's own tests."""

import os
import re
import subprocess
import sys

import pytest

from tests.docs.blocks import DOCS, ROOT, blocks_of

pytestmark = pytest.mark.sweep

FILES = {
    block.caption: block.text
    for block in blocks_of(DOCS / "testing.rst")
    # No such site runs; tests/ways_out runs that contract.
    if block.caption and block.caption != "mysite/tests/test_staging.py"
}


@pytest.fixture
def site(tmp_path):
    """The folder of a site with the files of the page."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.relative_to(tmp_path).parents[:-1]:
            (tmp_path / folder / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    return tmp_path


def run(site, *arguments):
    """Run a module of Python in the site's folder; return what it wrote."""
    path = os.pathsep.join([str(site), str(ROOT), *filter(None, sys.path)])
    ran = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=site,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": path,
            "TEST_DATABASE": "sqlite",
            "CI": "",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def test_files_of_the_page__pass_under_pytest(site):
    output = run(site, "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")

    passed = re.search(r"(\d+) passed", output)
    assert passed is not None
    assert int(passed[1]) > 60
    assert "skipped" not in output


def test_files_of_the_page__pass_under_the_runner_of_django(site):
    modules = ("test_policies", "test_uploads", "test_delivery")
    output = run(site, "django", "test", *(f"mysite.tests.{module}" for module in modules))

    found = re.search(r"Found (\d+) test", output)
    assert found is not None
    assert int(found[1]) > 30
    assert "\nOK\n" in output
