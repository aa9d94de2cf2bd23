"""What opens doors never gets into a log: tokens, passwords, signatures, share links."""

from __future__ import annotations

import logging

from org_files.masking import MASK, mask, masked

__all__ = ["MASK", "MaskSecrets", "mask"]


class MaskSecrets(logging.Filter):
    """Takes secrets out of the message, the details and the traceback of every record.

    For the ``filters`` of a handler. What it changes, it changes for the handlers that come later,
    too.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True; each record passes."""
        # Marked, because several handlers of one record have this filter.
        if "is_masked" not in record.__dict__:
            _mask_record(record)
            record.__dict__["is_masked"] = True
        return True


def _mask_record(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    # What the arguments' own code raises; logging would write them to stderr as they are.
    except Exception:  # noqa: BLE001
        message, safe = "", f"Arguments do not fit the message {mask(str(record.msg))!r}."
    else:
        safe = mask(message)
    if safe != message:
        record.msg, record.args = safe, None
    details = record.__dict__.get("details")
    if isinstance(details, dict):
        record.__dict__["details"] = masked(details)
    # Formatters write what is there already. Somebody's may have been here before.
    if record.exc_text:
        record.exc_text = mask(record.exc_text)
    elif record.exc_info:
        record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
