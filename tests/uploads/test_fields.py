"""Structured fields, from the examples of RFC 9651."""

from decimal import Decimal

import pytest

from org_files.uploads.protocols.fields import (
    Date,
    DisplayString,
    FieldError,
    Token,
    parse_dictionary,
    parse_item,
    write_dictionary,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-0", 0),
        ("999999999999999", 10**15 - 1),
        ("4.5", Decimal("4.5")),
        ('"hello world"', "hello world"),
        (r'"a \"quoted\" \\ text"', r'a "quoted" \ text'),
        ("foo123/456", Token("foo123/456")),
        ("*a", Token("*a")),
        (":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:", b"pretend this is binary content."),
        (":YQ:", b"a"),
        ("?1", True),
        ("?0", False),
        ("@1659578233", Date(1659578233)),
        (
            '%"This is intended for display to %c3%bcsers."',
            "This is intended for display to üsers.",
        ),
        ("  5  ", 5),
    ],
)
def test_items(text, value):
    found, parameters = parse_item(text)
    assert (found, dict(parameters)) == (value, {})
    assert type(found) is type(value) or isinstance(found, DisplayString)


def test_parameters():
    assert parse_item("5; foo=bar;baz") == (5, {"foo": "bar", "baz": True})


@pytest.mark.parametrize(
    "text",
    [
        *("", "1 2", "1000000000000000", "1.", "1.2345", "?2", "?", '"open', '"\x7f"', '"ü"'),
        *(":YQ==", ":!:", ":YQ=a:", "@1.5", "@", '%"%C3%BC"', '%"%ff"', "1;", "1;A=2", "(1)"),
        *("-", "5;a=", "a" * 9000),
    ],
)
def test_malformed_items(text):
    with pytest.raises(FieldError):
        parse_item(text)


def test_dictionaries():
    found = parse_dictionary('en="Applepie", da=:w4ZibGV0w6ZydGU=:')
    assert found == {"en": ("Applepie", {}), "da": ("Æbletærte".encode(), {})}
    found = parse_dictionary("a=?0, b, c; foo=bar")
    assert found == {"a": (False, {}), "b": (True, {}), "c": (True, {"foo": "bar"})}
    found = parse_dictionary("rating=1.5, feelings=(joy sadness), a=(1 2);x, a=3")
    assert found["feelings"] == ([("joy", {}), ("sadness", {})], {})
    assert found["a"] == (3, {})
    assert parse_dictionary("") == {}


@pytest.mark.parametrize("text", ["a=1,", "a=1 b=2", "A=1", "a=", ",", "a=(1", "a=(1,2)"])
def test_malformed_dictionaries(text):
    with pytest.raises(FieldError):
        parse_dictionary(text)


def test_written_dictionary():
    text = write_dictionary({"max-size": 10, "a": True, "b": False, "c": b"hello"})
    assert text == "max-size=10, a=?1, b=?0, c=:aGVsbG8=:"
