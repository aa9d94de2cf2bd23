"""Base of the settings of every host: those of the default host."""

from typing import Any

from tests import settings as default


def host(*apps: str, **changes: Any) -> dict[str, Any]:
    """Return settings with ``apps`` before the package, where those of a site stand."""
    values = {name: value for name, value in vars(default).items() if name.isupper()}
    before = values["INSTALLED_APPS"].index("org_files")
    # Models of tests of commands, which hosts do not run.
    left_out = {"tests.commands.depot"}
    installed = [app for app in values["INSTALLED_APPS"] if app not in left_out]
    installed[before:before] = [f"tests.hosts.{app}" for app in apps]
    return values | {"INSTALLED_APPS": installed} | changes
