"""The distributions as they would be published, and a place where the wheel alone is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev import pinned
from tests.wheel.environment import Environment
from tests.wheel.sites import NewSite

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    """The sdist of this tree, and the wheel that is built from that sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, ROOT],
        env=pinned(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert built.returncode == 0, built.stdout
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def built_wheel(distributions):
    return distributions[1]


@pytest.fixture(scope="session")
def bare_environment(built_wheel, tmp_path_factory):
    """An environment with the wheel and its hard dependencies. Tests share it: install nothing."""
    environment = Environment(tmp_path_factory.mktemp("bare") / "venv").make()
    environment.install(built_wheel)
    yield environment
    shutil.rmtree(environment.folder)


@pytest.fixture(scope="session")
def site(bare_environment, tmp_path_factory):
    """A site in that environment. Tests share it: change its settings by `with_settings` alone."""
    return NewSite(bare_environment, tmp_path_factory.mktemp("site"))
