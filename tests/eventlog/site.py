"""Settings: the example site with a small quota, and, where the environment says so, with the
event log in a database of its own, which can be taken away."""

# ruff: noqa: F403

import os
from typing import Any

from example.settings import *
from example.settings import DATABASES, ORG_FILES

ORG_FILES = {**ORG_FILES, "QUOTA_BYTES": 100_000}

if name := os.environ.get("LOG_DATABASE"):
    DATABASES = {**DATABASES, "log": {"ENGINE": "django.db.backends.sqlite3", "NAME": name}}
    DATABASE_ROUTERS = ["tests.eventlog.site.LogRouter"]


class LogRouter:
    """Sends the event log, and nothing else, to the database ``log``."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self.db_for_write(model)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "log" if model._meta.app_label == "org_files_eventlog" else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == "log") == (app_label == "org_files_eventlog")
