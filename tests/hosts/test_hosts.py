"""The suite of tests/hosts/suite over every host: models load once in a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
HOSTS = sorted(path.parent.name for path in HERE.glob("*/settings.py"))


@pytest.mark.hosts
@pytest.mark.parametrize("host", HOSTS)
def test_host(host):
    suites = [path for path in (HERE / "suite", HERE / host / "suite") if path.is_dir()]
    command = [sys.executable, "-m", "pytest", *map(str, suites), "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, f"--ds=tests.hosts.{host}.settings"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
