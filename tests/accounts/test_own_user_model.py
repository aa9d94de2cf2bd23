"""A site with a user model that has little in common with ours: tests/accounts/own_user."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_site_with_users_of_its_own__has_the_same_accounts():
    suite = str(HERE / "own_user" / "suite")
    command = [sys.executable, "-m", "pytest", "--ds=tests.accounts.own_user.settings", "-q"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", suite],
        cwd=HERE.parents[1],
        # Which database it is makes no difference to this.
        env=os.environ | {"TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr
