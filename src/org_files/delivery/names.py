"""Names of files in the header Content-Disposition (RFC 6266), without Django."""

import re
import unicodedata
from urllib.parse import quote

#: Characters that stand for themselves in ``filename*`` (RFC 8187 §3.2.1), besides those of quote.
ATTRIBUTE_CHARACTERS = "!#$&+^`|"

#: What clients read in different ways in ``filename``: non-ASCII, escapes, quotes, folders.
UNSAFE = re.compile(r'[^ -~]|[%"\\/]')


def content_disposition(name: str, *, inline: bool = False) -> str:
    """Return the header by which browsers save a content as ``name``, or show it ``inline``.

    Old clients read ``filename``, in plain ASCII, and others ``filename*``, which is there if the
    name needs it (RFC 6266 appendix D).
    """
    disposition = "inline" if inline else "attachment"
    if not name:
        return disposition
    fallback = ascii_name(name)
    header = f'{disposition}; filename="{fallback}"'
    if fallback != name:
        encoded = quote(name, safe=ATTRIBUTE_CHARACTERS, errors="replace")
        header += f"; filename*=utf-8''{encoded}"
    return header


def ascii_name(name: str) -> str:
    """Return ``name`` without accents, and with ``_`` for other characters that are unsafe."""
    letters = (unicodedata.normalize("NFD", c)[0] for c in name if not unicodedata.combining(c))
    return UNSAFE.sub("_", "".join(letters)) or "_"
