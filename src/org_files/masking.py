"""What opens doors is shown to nobody: tokens, passwords, signatures, share links."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["MASK", "mask", "masked"]

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
        (("shared/",), r"(\bshared/+)[^/?#\s\"'<>]+"),
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


def masked(value: Any, name: str = "") -> Any:
    """Return ``value``, of dictionaries, lists and texts, masked; ``name`` is the key it is of."""
    if isinstance(value, dict):
        return {key: masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, name) for item in value]
    if not isinstance(value, str):
        return value
    return MASK if _SECRET_NAME.search(name) else mask(value)
