"""System checks with advice for production, shown by ``manage.py check --deploy`` only."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning
from django.db import connections

from org_files import conf
from org_files.counters import get_counters
from org_files.exceptions import ConfigurationError

#: Seconds that a writer of SQLite should at least wait for the one before it.
SQLITE_TIMEOUT = 20


@register("org_files", deploy=True)
def check_storage(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if files are kept in the folder that many sites serve to anyone."""
    if conf.storage_alias() == "default" and settings.MEDIA_URL:
        yield CheckWarning(
            "Files are kept in the default storage, which is MEDIA_ROOT: if a server publishes "
            "that folder under MEDIA_URL, anyone can read every file.",
            hint='STORAGES["org_files"] = {"BACKEND": '
            '"django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": "..."}}',
            id="org_files.W002",
        )


@register("org_files", deploy=True)
def check_pictures(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if no renditions can be made."""
    if not find_spec("PIL"):
        yield CheckWarning(
            "Without Pillow there are no renditions: pictures have their own height only.",
            hint='pip install "django-org-files[images]"',
            id="org_files.W006",
        )


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


@register("org_files", deploy=True)
def check_proxies(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if the number of proxies in front of the site is not set."""
    framework: Any = getattr(settings, "REST_FRAMEWORK", {})
    if framework.get("NUM_PROXIES") is not None:
        return
    comment = "  # proxies in front of the site; 0 for none"
    line = (
        'REST_FRAMEWORK["NUM_PROXIES"] = 1' if framework else 'REST_FRAMEWORK = {"NUM_PROXIES": 1}'
    )
    yield CheckWarning(
        'Without REST_FRAMEWORK["NUM_PROXIES"] X-Forwarded-For is ignored: behind a proxy all '
        "clients have its address, and share the limits that count by address.",
        hint=line + comment,
        id="org_files.W020",
    )


def _check_sqlite(alias: str, options: dict[str, Any]) -> Iterator[CheckMessage]:
    wanted = {
        '"transaction_mode": "IMMEDIATE"': options.get("transaction_mode") == "IMMEDIATE",
        f'"timeout": {SQLITE_TIMEOUT}': options.get("timeout", 5) >= SQLITE_TIMEOUT,
        '"init_command": "PRAGMA journal_mode=WAL"': "journal_mode=wal"
        in options.get("init_command", "").lower().replace(" ", ""),
    }
    missing = [option for option, present in wanted.items() if not present]
    if missing:
        yield CheckWarning(
            f'DATABASES["{alias}"] is SQLite with settings under which requests at the same '
            'time fail with "database is locked".',
            hint=f'DATABASES["{alias}"]["OPTIONS"] |= {{{", ".join(missing)}}}',
            id="org_files.W004",
        )
