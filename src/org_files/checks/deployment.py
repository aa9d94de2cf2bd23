"""System checks of ``check --deploy``: advice for a site in production."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning
from django.db import connections

from org_files import conf
from org_files.checks.settings import STORAGE
from org_files.counters import get_counters
from org_files.exceptions import ConfigurationError

#: The oldest releases without the known security issues that their makers have fixed; of Django
#: in each of its lines. The tests compare them with the pinned versions.
SAFE_RELEASES = {
    "Django": ((5, 2, 16), (6, 0, 7)),
    "djangorestframework": ((3, 18, 2),),
    "djangorestframework-simplejwt": ((5, 5, 1),),
    "Pillow": ((12, 3, 0),),
}

#: Seconds that a writer of SQLite should at least wait for the one before it.
SQLITE_TIMEOUT = 20


@register("org_files", deploy=True)
def advise(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn of settings that are no errors, but wrong for most sites in production."""
    with suppress(ConfigurationError):  # check_settings reports it
        yield from _check_published()
    if not find_spec("PIL"):
        yield CheckWarning(
            "Without Pillow there are no renditions: pictures have their own height only.",
            hint='pip install "django-org-files[images]"',
            id="org_files.W006",
        )
    framework: Any = getattr(settings, "REST_FRAMEWORK", {})
    if framework.get("NUM_PROXIES") is None:
        line = '["NUM_PROXIES"] = 1' if framework else ' = {"NUM_PROXIES": 1}'
        yield CheckWarning(
            'Without REST_FRAMEWORK["NUM_PROXIES"] X-Forwarded-For is ignored: behind a proxy all '
            "clients have its address, and share the limits that count by address.",
            hint=f"REST_FRAMEWORK{line}  # proxies in front of the site; 0 for none",
            id="org_files.W020",
        )


def _check_published() -> Iterator[CheckMessage]:
    if conf.storage_alias() == "default" and settings.MEDIA_URL:
        yield CheckWarning(
            "Files are kept in the default storage, which is MEDIA_ROOT: if a server publishes "
            "that folder under MEDIA_URL, anyone can read every file.",
            hint=f'STORAGES["org_files"] = {STORAGE}',
            id="org_files.W002",
        )


@register("org_files", deploy=True)
def check_security_releases(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn of an installed package that has a security release.

    The package runs with older versions, too: many sites cannot change them on the same day.
    """
    for package, releases in SAFE_RELEASES.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            continue
        if wanted := _security_release(installed, releases):
            yield CheckWarning(
                f"{package} {installed} has known security issues.",
                hint=f'pip install "{package}>={wanted}"',
                id="org_files.W021",
            )


def _security_release(installed: str, releases: Sequence[tuple[int, ...]]) -> str:
    """Return the release that fixes the issues of ``installed``, or an empty text.

    With several releases, each is of the line of its first two numbers, and a line that is newer
    than all of them has no known issue.
    """
    numbers = tuple(map(int, re.findall(r"\d+", installed)[:3]))
    if len(releases) > 1:
        releases = [each for each in releases if each[:2] >= numbers[:2]]
    wanted = releases[0] if releases else ()
    return ".".join(map(str, wanted)) if numbers < wanted else ""


@register("org_files", deploy=True)
def check_connections(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if the settings of the ledger's database cost speed or fail under load."""
    try:
        alias = get_counters().connection.alias
    except ConfigurationError:  # check_settings reports it
        return
    connection = connections[alias]
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        yield from _check_sqlite(alias, values["OPTIONS"])
    elif values["CONN_MAX_AGE"] == 0 and not values["OPTIONS"].get("pool"):
        yield CheckWarning(
            f'DATABASES["{alias}"] opens a connection for each request.',
            hint=f'DATABASES["{alias}"]["CONN_MAX_AGE"] = 600',
            id="org_files.W003",
        )


def _check_sqlite(alias: str, options: dict[str, Any]) -> Iterator[CheckMessage]:
    command = options.get("init_command", "").lower().replace(" ", "")
    wanted = {
        '"transaction_mode": "IMMEDIATE"': options.get("transaction_mode") == "IMMEDIATE",
        f'"timeout": {SQLITE_TIMEOUT}': options.get("timeout", 5) >= SQLITE_TIMEOUT,
        '"init_command": "PRAGMA journal_mode=WAL"': "journal_mode=wal" in command,
    }
    if missing := [option for option, present in wanted.items() if not present]:
        yield CheckWarning(
            f'DATABASES["{alias}"] is SQLite with settings under which requests at the same '
            'time fail with "database is locked".',
            hint=f'DATABASES["{alias}"]["OPTIONS"] |= {{{", ".join(missing)}}}',
            id="org_files.W004",
        )
