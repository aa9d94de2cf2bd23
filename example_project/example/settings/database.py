"""The database."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from example import environment as env
from example.settings.base import BASE_DIR

SQLITE = "django.db.backends.sqlite3"

database: dict[str, Any] = {"ENGINE": SQLITE, "NAME": BASE_DIR / "db.sqlite3"}

if url := env.text("DATABASE_URL"):
    try:
        database = {**dj_database_url.parse(url)}
    except ValueError:
        # Without the URL itself, which holds a password.
        raise ImproperlyConfigured(
            "DATABASE_URL must be of the form postgres://user:password@host:5432/name or "
            "sqlite:////folder/db.sqlite3, with special characters percent-encoded."
        ) from None

if database["ENGINE"] == SQLITE:
    database["OPTIONS"] = {
        # A transaction that reads and later writes fails at once if another one writes meanwhile.
        # One that locks at its beginning waits, for this number of seconds.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Readers do not wait for the writer. NORMAL is safe with this kind of journal.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        **database.get("OPTIONS", {}),
    }
else:
    # Connecting to a server costs more than most requests.
    database["CONN_MAX_AGE"] = env.whole_number("CONN_MAX_AGE", minimum=0, default=600)
    database["CONN_HEALTH_CHECKS"] = True

DATABASES = {"default": database}
