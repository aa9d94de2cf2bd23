"""The example project as its users meet it: its commands, and a server over it."""

import importlib
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

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


def forget_settings() -> dict[str, ModuleType]:
    """Take the modules of settings out of those imported; return them."""
    names = [name for name in sys.modules if name.startswith("example.settings")]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Import the settings anew with these variables of the site and no others; return them."""

    def load(**variables: str) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(EXAMPLE_PROJECT)
            for name in VARIABLES:
                patch.delenv(name, raising=False)
            for name, value in ({"MEDIA_ROOT": str(tmp_path / "media")} | variables).items():
                patch.setenv(name, value)
            before = forget_settings()
            try:
                with warnings.catch_warnings():
                    values = vars(importlib.import_module("example.settings"))
            finally:
                forget_settings()
                sys.modules.update(before)
        upper = {name: value for name, value in values.items() if name.isupper()}
        return json.loads(json.dumps(upper, default=str))

    return load
