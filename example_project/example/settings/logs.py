"""The log: console, table, and with LOG_DIR a file."""

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from example import environment as env

LEVELS = ("debug", "info", "warning", "error")

LOG_DIR = env.folder("LOG_DIR")
LOG_LEVEL = env.choice("LOG_LEVEL", LEVELS, default="info").upper()


def at_least(level: str) -> str:
    """Return ``level``, or that of the site where it is higher."""
    return max(level, LOG_LEVEL, key=lambda name: LEVELS.index(name.lower()))


handlers: dict[str, dict[str, Any]] = {
    "console": {
        "class": "logging.StreamHandler",
        "formatter": "line",
        "filters": ["mask_secrets"],
    },
    # Ignores records of other packages.
    "table": {"class": "org_files.eventlog.handlers.DatabaseHandler"},
}

if LOG_DIR:
    try:
        LOG_DIR.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"LOG_DIR must be a folder that can be written to, not {str(LOG_DIR)!r}: "
            f"{error.strerror}."
        ) from error
    handlers["file"] = {
        "class": "logging.handlers.RotatingFileHandler",
        "formatter": "line",
        "filters": ["mask_secrets"],
        "filename": LOG_DIR / "example.log",
        "maxBytes": 10 * 1024 * 1024,
        "backupCount": 5,
        "encoding": "utf-8",
        # Opened with the first line, so that a command that logs nothing makes no file.
        "delay": True,
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask_secrets": {"()": "org_files.eventlog.masking.MaskSecrets"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": handlers,
    "root": {"handlers": list(handlers), "level": at_least("WARNING")},
    "loggers": {
        # Instead of Django's own handlers, which would write each line a second time.
        "django": {"handlers": [], "level": at_least("INFO")},
        "org_files": {"level": LOG_LEVEL},
        "example": {"level": LOG_LEVEL},
        "celery": {"level": LOG_LEVEL},
        # Its own handlers would not mask share links and tickets. Its options have already set the
        # levels, and whether requests are logged.
        **{name: {"handlers": []} for name in ("uvicorn.asgi", "uvicorn.error")},
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {
            "handlers": [],
            "propagate": bool(logging.getLogger("uvicorn.access").handlers),
        },
    },
}
