"""The one rule for names of files, whichever way they come in."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from org_files.exceptions import InvalidField

__all__ = ["MAX_BYTES", "MAX_CHARACTERS", "clean_name"]

MAX_CHARACTERS = 255
#: Of UTF-8.
MAX_BYTES = 1020

# Formatting that makes a reader see another name than the one that is there.
BIDIRECTIONAL_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# "name::$DATA" and the like are the streams of NTFS, not names.
STREAM_OF_NTFS = re.compile(r":\$")


def clean_name(name: str) -> str:
    """Return ``name`` as it is stored: without directories, in Unicode's form NFC.

    Raises ``InvalidField`` for what is no name: nothing visible, control characters, lone
    surrogates, bidirectional controls, more than 255 characters or 1020 bytes.
    """
    if any(
        unicodedata.category(character) in ("Cc", "Cs") or character in BIDIRECTIONAL_CONTROLS
        for character in name
    ):
        raise InvalidField("name", _("The name holds control characters."))
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1]).strip()
    if name in (".", "..") or not any(map(_is_visible, name)):
        raise InvalidField("name", _("The name is empty."))
    if STREAM_OF_NTFS.search(name):
        raise InvalidField("name", _("The name is that of a stream, not of a file."))
    if len(name) > MAX_CHARACTERS or len(name.encode()) > MAX_BYTES:
        raise InvalidField(
            "name", _("The name has more than %(limit)d characters.") % {"limit": MAX_CHARACTERS}
        )
    return name


def _is_visible(character: str) -> bool:
    # Format characters, separators, and what no font draws (Hangul fillers, braille blank).
    return (
        unicodedata.category(character)[0] not in "CZ"
        and character not in "\u115f\u1160\u3164\uffa0\u2800"
        and not 0xFE00 <= ord(character) <= 0xFE0F
    )
