"""Rules for names and resources of files, the same for uploads, changes and the admin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from org_files.exceptions import InvalidField
from org_files.validators import UNCOMPOSED

MAX_CHARACTERS = 255
#: Of UTF-8.
MAX_BYTES = 1020

# Control characters, lone surrogates, and ends of lines and paragraphs.
REFUSED = ("Cc", "Cs", "Zl", "Zp")

# Bidirectional controls, by which a name looks like another one, and the replacement character
# of bytes that were not decoded.
NEVER = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffd")

# "name::$DATA" and the like are the streams of NTFS, not names.
STREAM_OF_NTFS = re.compile(r":\$")

# Invisible characters beyond the categories C and Z: Unicode's Default_Ignorable_Code_Point, and
# the braille pattern without a dot.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def clean_name(name: str) -> str:
    """Return ``name`` as it is stored: without directories, in Unicode's form NFC.

    Raises ``InvalidField`` for a name without visible characters, with control characters, lone
    surrogates, undecoded bytes or bidirectional controls, or with more than 255 characters or
    1020 bytes.
    """
    if any(unicodedata.category(character) in REFUSED or character in NEVER for character in name):
        raise InvalidField("name", _("The name holds control characters."))
    name = normal_form(re.split(r"[/\\]", name)[-1]).strip()
    if name in (".", "..") or not any(map(_is_visible, name)):
        raise InvalidField("name", _("The name is empty."))
    if STREAM_OF_NTFS.search(name):
        raise InvalidField("name", _("The name is that of a stream, not of a file."))
    if len(name) > MAX_CHARACTERS or len(name.encode()) > MAX_BYTES:
        message = ngettext(
            "The name has more than %(limit)d character.",
            "The name has more than %(limit)d characters.",
            MAX_CHARACTERS,
        )
        raise InvalidField("name", message % {"limit": MAX_CHARACTERS})
    return name


def normal_form(text: str) -> str:
    """Return ``text`` in NFC, the form that names are stored in.

    A text too long for any name is returned as it is: sorting a long run of combining characters
    takes quadratic time.
    """
    return text if len(text) > UNCOMPOSED * MAX_CHARACTERS else unicodedata.normalize("NFC", text)


def refuse_unreachable(values: Mapping[str, Any]) -> None:
    """Raise ``InvalidField`` for a ``resource`` or ``resource_id`` that no URL path can contain.

    An encoded slash is still a slash, and clients remove ``.`` and ``..`` from a path
    (RFC 3986 §5.2.4).
    """
    for column in ("resource", "resource_id"):
        value = str(values.get(column, ""))
        if "/" in value or value in (".", ".."):
            raise InvalidField(column, _("Takes no slash, and is not . or .. alone."))


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" and not INVISIBLE.match(character)
