"""The log: console, and with LOG_DIR a file beside it. No body or header of a request is in it."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from example import environment as env

LOG_DIR = env.folder("LOG_DIR")

handlers: dict[str, dict[str, Any]] = {
    "console": {"class": "logging.StreamHandler", "formatter": "line"},
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
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": handlers,
    "root": {"handlers": list(handlers), "level": "WARNING"},
    "loggers": {
        # Instead of Django's own handlers, which would write each line a second time.
        "django": {"handlers": [], "level": "INFO"},
        "org_files": {"level": "INFO"},
        "example": {"level": "INFO"},
    },
}
