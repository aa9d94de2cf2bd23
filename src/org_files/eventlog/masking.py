"""The logging filter that masks secrets."""

import logging
import traceback
from typing import Any

from org_files.events.masking import MAX_TRACEBACK, mask, masked

__all__ = ["MaskSecrets", "mask"]


class MaskSecrets(logging.Filter):
    """Masks secrets in the message, the details and the traceback of every record.

    For the ``filters`` of a handler. Later handlers get the masked record, too. Messages and texts
    in ``details`` are cut off after 8,192 characters, tracebacks after 32,768.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True; each record passes."""
        # Several handlers may filter one record.
        if "is_masked" not in vars(record):
            _mask_record(record)
            vars(record)["is_masked"] = True
        return True


def _mask_record(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001, logging would write the arguments to stderr unmasked
        message, safe = "", f"Arguments do not fit the message {mask(_text_of(record.msg))!r}."
    else:
        safe = mask(message)
    if safe != message:
        record.msg, record.args = safe, None
    details = vars(record).get("details")
    if isinstance(details, dict):
        vars(record)["details"] = masked(details)
    # Formatters use exc_text where it is set, and an earlier one may have set it.
    text = record.exc_text
    if not text and record.exc_info:
        text = logging.Formatter().formatException(record.exc_info)
    if text:
        record.exc_text = _mask_traceback(text, record.exc_info)
    if record.stack_info:
        record.stack_info = mask(record.stack_info, MAX_TRACEBACK)


def _text_of(message: Any) -> str:
    try:
        return str(message)
    except Exception:  # noqa: BLE001
        return type(message).__name__


def _mask_traceback(text: str, exc_info: Any) -> str:
    """Return a masked traceback. One that was cut off still ends with its exception."""
    safe = mask(text, MAX_TRACEBACK)
    if len(text) > MAX_TRACEBACK and isinstance(exc_info, tuple) and exc_info[1] is not None:
        said = "".join(traceback.format_exception_only(exc_info[1])).rstrip()
        safe = f"{safe}\n{mask(said)}"
    return safe
