"""The example project as its users meet it: its commands, and a server over it."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.site import EXAMPLE_PROJECT, LiveSite

LOGIN = re.compile(r"^(\S+@\S+) (\S+)$", re.MULTILINE)

#: Everything that the site reads from the environment.
VARIABLES = (
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "CELERY_BROKER_URL",
    "CONN_MAX_AGE",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "DEFAULT_TIER",
    "DJANGO_SUPERUSER_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD",
    "FORWARDED_ALLOW_IPS",
    "HTTPS",
    "JOIN_ORGANIZATION",
    "LINK_KEEP_DAYS",
    "LOG_DIR",
    "LOG_LEVEL",
    "MAX_FILE_SIZE",
    "MEDIA_ROOT",
    "NUM_PROXIES",
    "ORGANIZATION_CREATION",
    "ORG_FILES_POLICY",
    "PASSWORD_RULES",
    "REGISTRATION",
    "SECRET_KEY",
    "THROTTLES",
)


def logins(output: str) -> dict[str, str]:
    """The passwords that `demo_data` printed, by e-mail address."""
    return dict(LOGIN.findall(output))


@pytest.fixture(scope="session")
def site() -> Iterator[LiveSite]:
    """The site, empty at first, as it serves strangers: DEBUG=0, plain HTTP."""
    with LiveSite({"DEBUG": "0"}) as running:
        yield running


@pytest.fixture(scope="session")
def passwords(site: LiveSite) -> dict[str, str]:
    """The logins of the demo, as the first run of `demo_data` printed them."""
    return logins(site.manage("demo_data"))


@pytest.fixture
def copied_site(site: LiveSite, passwords: dict[str, str], tmp_path: Path) -> LiveSite:
    """A copy of the site's database that nobody serves: for commands."""
    copy = LiveSite(folder=tmp_path)
    with (
        closing(sqlite3.connect(site.folder / "db.sqlite3")) as source,
        closing(sqlite3.connect(tmp_path / "db.sqlite3")) as target,
    ):
        source.backup(target)
    return copy


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in the example project, with these variables of the site and no others."""

    def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        # The log and the rest of the defaults would land in the checkout.
        env |= {"MEDIA_ROOT": str(tmp_path / "media"), **variables}
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            cwd=EXAMPLE_PROJECT,
            env={**env, "DJANGO_SETTINGS_MODULE": "example.settings"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture
def settings_of(run_python) -> Callable[..., dict]:
    """What the settings come to with these variables."""

    def load(**variables: str) -> dict:
        script = (
            "import json; from example import settings; "
            "values = {n: v for n, v in vars(settings).items() if n.isupper()}; "
            "print(json.dumps(values, default=str))"
        )
        ran = run_python(script, **variables)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return load
