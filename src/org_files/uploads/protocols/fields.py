"""Structured field values for HTTP (RFC 9651): items, dictionaries, and how they are written."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

#: Characters of a field that are read. Servers accept no longer ones by default.
MAX_LENGTH = 8192

KEY = re.compile(r"[a-z*][a-z0-9_.*-]*+")
NUMBER = re.compile(r"-?[0-9]++(?:\.[0-9]*+)?")
STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*+)')  # its end is looked for once
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*+")
BYTES = re.compile(r":([A-Za-z0-9+/=]*+):")
DISPLAY_STRING = re.compile(r'%"((?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*+)"')
ESCAPE = re.compile(r'\\(["\\])')


class FieldError(ValueError):
    """A field value that does not have the form of its type."""


class Token(str):
    """A token (§3.3.4), which is no string."""

    __slots__ = ()


class Date(int):
    """A date (§3.3.7), in seconds since the epoch."""


class DisplayString(str):
    """A text beyond ASCII (§3.3.8)."""

    __slots__ = ()


#: A value and its parameters.
Item = tuple[Any, Mapping[str, Any]]


def parse_item(text: str) -> Item:
    """Return the value and the parameters of an item (§4.2.3). Raises ``FieldError``."""
    parser = _Parser(text)
    item = parser.item()
    parser.end()
    return item


def parse_dictionary(text: str) -> dict[str, Item]:
    """Return the members of a dictionary (§4.2.2). Raises ``FieldError``.

    The value of an inner list is a list of items.
    """
    parser = _Parser(text)
    found: dict[str, Item] = {}
    while not parser.is_at_end:
        key = parser.key()
        found.pop(key, None)  # The last one counts, also for the order.
        found[key] = parser.member() if parser.take("=") else (True, parser.parameters())
        parser.skip(" \t")
        if parser.is_at_end:
            break
        parser.expect(",")
        parser.skip(" \t")
        if parser.is_at_end:
            raise FieldError("A comma ends the dictionary.")
    parser.end()
    return found


def write(value: bool | int | bytes) -> str:
    """Return a bare item as text (§4.1.3)."""
    if isinstance(value, bool):
        return f"?{value:d}"
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    return str(value)


def write_dictionary(members: Mapping[str, bool | int | bytes]) -> str:
    """Return a dictionary as text (§4.1.2)."""
    return ", ".join(f"{key}={write(value)}" for key, value in members.items())


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH or not text.isascii():
            raise FieldError("The field is too long, or not in ASCII.")
        self.text = text.strip(" ")
        self.at = 0

    @property
    def is_at_end(self) -> bool:
        return self.at >= len(self.text)

    def end(self) -> None:
        if not self.is_at_end:
            raise FieldError(f"Unexpected character at {self.at}.")

    def skip(self, characters: str) -> None:
        while not self.is_at_end and self.text[self.at] in characters:
            self.at += 1

    def take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise FieldError(f"{text!r} is missing at {self.at}.")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise FieldError(f"Unexpected character at {self.at}.")
        self.at = found.end()
        return found

    def key(self) -> str:
        return self.match(KEY)[0]

    def member(self) -> Item:
        if not self.take("("):
            return self.item()
        items: list[Item] = []
        while True:
            self.skip(" ")
            if self.take(")"):
                return items, self.parameters()
            items.append(self.item())
            if self.text[self.at : self.at + 1] not in (" ", ")"):
                raise FieldError("An inner list does not end.")

    def item(self) -> Item:
        return self.bare_item(), self.parameters()

    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.take(";"):
            self.skip(" ")
            key = self.key()
            found[key] = self.bare_item() if self.take("=") else True
        return found

    def bare_item(self) -> Any:
        first = self.text[self.at : self.at + 1]
        if first == "?":
            return self.boolean()
        if first == '"':
            text = ESCAPE.sub(r"\1", self.match(STRING)[1])
            self.expect('"')
            return text
        if first == ":":
            return self.bytes()
        if first == "@":
            self.at += 1
            value = self.number()
            if isinstance(value, Decimal):
                raise FieldError("A date has no fraction.")
            return Date(value)
        if first == "%":
            return self.display_string()
        return self.number() if first and first in "-0123456789" else Token(self.match(TOKEN)[0])

    def boolean(self) -> bool:
        self.at += 1
        if self.take("1"):
            return True
        self.expect("0")
        return False

    def number(self) -> int | Decimal:
        text = self.match(NUMBER)[0]
        whole, point, fraction = text.removeprefix("-").partition(".")
        if not point:
            if len(whole) > 15:
                raise FieldError("An integer has at most 15 digits.")
            return int(text)
        if len(whole) > 12 or not 1 <= len(fraction) <= 3:
            raise FieldError("A decimal has at most 12 digits, and 1 to 3 behind the point.")
        return Decimal(text)

    def bytes(self) -> bytes:
        text = self.match(BYTES)[1]
        try:
            # Padding may be missing (§4.2.7).
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except binascii.Error as error:
            raise FieldError("A byte sequence is not in base64.") from error

    def display_string(self) -> DisplayString:
        text = self.match(DISPLAY_STRING)[1]
        data = re.sub(rb"%([0-9a-f]{2})", _unquote, text.encode())
        try:
            return DisplayString(data.decode())
        except UnicodeDecodeError as error:
            raise FieldError("A display string is not in UTF-8.") from error


def _unquote(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())
