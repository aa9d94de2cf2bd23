"""The example project as its users meet it: its settings and its commands."""

import importlib
import json
import re
import sys
import warnings

import pytest

from tests.servers.site import EXAMPLE_PROJECT, VARIABLES

LOGIN = re.compile(r"^(\S+@\S+) (\S+)$", re.MULTILINE)
#: The administrator of a running site.
ADMIN = {"email": "root@example.org", "password": "correct horse battery staple"}
ADMIN_VARIABLES = {f"DJANGO_SUPERUSER_{name.upper()}": value for name, value in ADMIN.items()}


def logins(output):
    """The passwords that `demo_data` printed, by e-mail address."""
    return dict(LOGIN.findall(output))


def log_in(client):
    answer = client.post("/api/auth/login/", json=ADMIN)
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return answer


def forget_settings():
    """Take the modules of settings out of those imported; return them."""
    names = [name for name in sys.modules if name.startswith("example.settings")]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def settings_of(tmp_path):
    """Import the settings anew with these variables of the site and no others; return them.

    Values have the types of JSON, unless they are to be had as they are.
    """

    def load(*, as_they_are=False, **variables):
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
        return upper if as_they_are else json.loads(json.dumps(upper, default=str))

    return load
