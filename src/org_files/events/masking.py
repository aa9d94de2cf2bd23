"""Masks for secrets in text: tokens, passwords, signatures, share links."""

import re
from typing import Any

MASK = "***"

#: Characters of a text, and of a traceback, that are kept. The rest is cut off.
MAX_LENGTH = 8 * 1024
MAX_TRACEBACK = 32 * 1024
#: Marks the end of a text that was cut off.
CUT = " [cut off]"
#: Levels of dictionaries and lists that are kept.
MAX_DEPTH = 16

# Appended at the cut, so that the patterns match half a secret there.
_CONTINUATION = "A" * 8 + "@"

_NAMES = (
    *("passwd", "password", "passphrase", "secret", "token", "ticket", "signature", "credential"),
    *("authorization", "cookie", "session_id", "session_key", "sessionid"),
    *("api_key", "api-key", "apikey"),
)
_NAME = "|".join(_NAMES)

# A pattern is tried where one of its words occurs: most lines have none. Repetitions are
# possessive, because backtracking takes quadratic time on hostile text.
_SECRETS = tuple(
    (words, re.compile(pattern, re.IGNORECASE), rf"\1{MASK}")
    for words, pattern in (
        # Schemes of Authorization. "basic", "token" and "digest" are also words of prose, so that
        # the text after them must look like a key.
        (("bearer",), r"\b(bearer\s++)[\w.~+/=-]{8,}+"),
        (
            ("basic", "token", "digest"),
            r"\b((?:basic|token|digest)\s++)(?=[\w.~+/-]*(?-i:[A-Z0-9=]))[\w.~+/=-]{4,}+",
        ),
        # JSON Web Tokens, whose parts start like JSON.
        (("eyj",), r"(\b)(?-i:eyJ)[\w-]{8,}+(?:\.[\w-]*+){0,4}+"),
        # The path of a share link.
        (("shared/",), r"(\bshared/++)[^/?#\s\"'<>]++"),
        # user:password@ of a URL.
        (("://",), r"(://[^/\s:@]*+:)[^/\s@]++(?=@)"),
        # name=value of queries, forms and cookies; "name": "value" of JSON, escaped, too.
        (
            (*_NAMES, "refresh", "access"),
            (
                rf"((?:(?:{_NAME})[\w-]{{0,30}}+|\b(?:refresh|access))"
                r"(?:\\*+[\"'])?+\s{0,5}+[=:]\s{0,5}+)"
                r"(?:\"(?:\\[\s\S]|[^\"\\])*+\"?+|'(?:\\[\s\S]|[^'\\])*+'?+"
                r"|\\++[\"'](?:[^\\\n]|\\++(?![\"']))*+"
                r"|[^\s&,;\"'(){}\[\]<>]++)"
            ),
        ),
    )
)
_SECRET_NAME = re.compile(rf"(?i)(?:{_NAME})|^(?:refresh|access)$")


def mask(text: str, limit: int = MAX_LENGTH) -> str:
    """Return ``text`` with ``***`` in place of secrets, cut off after ``limit`` characters.

    Takes time in proportion to the length that is kept. Half a secret at the cut is masked, too.
    """
    if len(text) <= limit:
        return _replace(text)
    kept = _replace(text[:limit] + _CONTINUATION)
    return kept.removesuffix(_CONTINUATION).removesuffix("@") + CUT


def masked(value: Any, name: str = "", depth: int = MAX_DEPTH) -> Any:
    """Return a copy of ``value``, of dictionaries, lists and texts, with secrets masked.

    ``name`` is the key of ``value``: where it is the name of a secret, all text is masked. Below
    ``depth`` levels everything is.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (dict, list, tuple, set, frozenset)) and depth == 0:
        return MASK
    if isinstance(value, dict):
        return {
            mask(key) if isinstance(key, str) else key: masked(item, str(key), depth - 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [masked(item, name, depth - 1) for item in value]
    if _SECRET_NAME.search(name[:MAX_LENGTH]):
        return MASK
    text = str(value)
    safe = mask(text)
    return value if safe == text else safe


def _replace(text: str) -> str:
    lower = text.lower()
    for words, pattern, replacement in _SECRETS:
        if any(word in lower for word in words):
            text = pattern.sub(replacement, text)
    return text
