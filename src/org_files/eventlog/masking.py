"""What opens doors never gets into a log: tokens, passwords, signatures, share links."""

from __future__ import annotations

import logging
import re
from typing import Any

__all__ = ["MASK", "MaskSecrets", "mask"]

MASK = "***"

_NAMES = (
    "passwd",
    "password",
    "passphrase",
    "secret",
    "token",
    "ticket",
    "signature",
    "credential",
    "authorization",
    "cookie",
    "session_id",
    "session_key",
    "sessionid",
    "api_key",
    "api-key",
    "apikey",
)
_NAME = "|".join(_NAMES)

# One of the words of each stands wherever its pattern can match: to look for words is faster by
# far, and most lines have none. Repetitions have ends, so that a text takes as long as it is.
_SECRETS = tuple(
    (words, re.compile(pattern, re.IGNORECASE), rf"\1{MASK}")
    for words, pattern in (
        # Schemes of Authorization. Of words that prose has too, what follows must look like a key.
        (("bearer",), r"\b(bearer\s+)[\w.~+/=-]{8,}"),
        (
            ("basic", "token", "digest"),
            r"\b((?:basic|token|digest)\s+)(?=[\w.~+/-]*(?-i:[A-Z0-9=]))[\w.~+/=-]{4,}",
        ),
        # JSON Web Tokens, each of whose parts begins as JSON does.
        (("eyj",), r"(\b)(?-i:eyJ)[\w-]{8,}(?:\.[\w-]*){0,4}"),
        # The path of a share link.
        (("shared/",), r"(\bshared/)[^/?#\s\"'<>]+"),
        # user:password@ of an address.
        (("://",), r"(://[^/\s:@]{0,100}:)[^/\s@]{1,200}(?=@)"),
        # name=value of queries, forms and cookies, "name": "value" of JSON, within JSON too.
        (
            (*_NAMES, "refresh", "access"),
            (
                rf"((?:(?:{_NAME})[\w-]{{0,30}}|\b(?:refresh|access))"
                r"(?:\\*[\"'])?\s{0,5}[=:]\s{0,5})"
                r"(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|\\+[\"'](?:(?!\\+[\"']).)*"
                r"|[^\s&,;\"'(){}\[\]<>]+)"
            ),
        ),
    )
)
_SECRET_NAME = re.compile(rf"(?i)(?:{_NAME})|^(?:refresh|access)$")


def mask(text: str) -> str:
    """Return ``text`` with ``***`` for whatever in it looks like a secret."""
    lower = text.lower()
    for words, pattern, replacement in _SECRETS:
        if any(word in lower for word in words):
            text = pattern.sub(replacement, text)
    return text


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, name) for item in value]
    if not isinstance(value, str):
        return value
    return MASK if _SECRET_NAME.search(name) else mask(value)


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
        message, masked = "", f"Arguments do not fit the message {mask(str(record.msg))!r}."
    else:
        masked = mask(message)
    if masked != message:
        record.msg, record.args = masked, None
    details = record.__dict__.get("details")
    if isinstance(details, dict):
        record.__dict__["details"] = _masked(details)
    # Formatters write what is there already. Somebody's may have been here before.
    if record.exc_text:
        record.exc_text = mask(record.exc_text)
    elif record.exc_info:
        record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
