"""The rules for names of files."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

import pytest

from org_files.exceptions import InvalidField
from org_files.files import clean_name
from org_files.files.content import MAX_CHARACTERS, normal_form

BIDIRECTIONAL_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

# Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt): what no font draws.
IGNORABLE = [
    *"\u00ad\u034f\u061c\u3164\ufeff\uffa0",
    *(
        chr(point)
        for first, last in (
            (0x115F, 0x1160),
            (0x17B4, 0x17B5),
            (0x180B, 0x180F),
            (0x200B, 0x200F),
            (0x2060, 0x2064),
            (0xFE00, 0xFE0F),
            (0x1BCA0, 0x1BCA3),
            (0x1D173, 0x1D17A),
            (0xE0001, 0xE0001),
            (0xE0020, 0xE007F),
            (0xE0100, 0xE01EF),
        )
        for point in range(first, last + 1)
    ),
]


def characters(*categories: str) -> Iterator[str]:
    """Yield all characters of some of Unicode's categories."""
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)) in categories:
            yield chr(point)


def refuses(name: str) -> bool:
    try:
        clean_name(name)
    except InvalidField:
        return True
    return False


def test_refusal__names_the_field_and_says_why() -> None:
    for name in ("", "a\0", "x" * 256, "a::$DATA"):
        with pytest.raises(InvalidField) as refused:
            clean_name(name)
        assert (refused.value.field, refused.value.code) == ("name", "invalid")
        assert refused.value.message


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        (r"..\..\x", "x"),
        ("a/b\\c/d.txt", "d.txt"),
        ("  spaced  .txt ", "spaced  .txt"),
        ("...", "..."),
        ("CON", "CON"),
        (".htaccess", ".htaccess"),
        ("-rf", "-rf"),
        ('"quoted"; filename="x.html".txt', '"quoted"; filename="x.html".txt'),
        ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
        ("10:30 meeting.md", "10:30 meeting.md"),
        ("价格 €.xlsx", "价格 €.xlsx"),
        ("👩\u200d🚀🏳️\u200d🌈.png", "👩\u200d🚀🏳️\u200d🌈.png"),
        ("nai\u0308ve", "na\u00efve"),
        ("שלום.txt", "שלום.txt"),
    ],
)
def test_name__is_stored_as(sent: str, stored: str) -> None:
    assert clean_name(sent) == stored


@pytest.mark.parametrize(
    "name",
    [
        "",
        " .. ",
        "x/..",
        "folder/",
        "folder\\",
        "\u200b\u200d\ufeff",
        "\u00a0\u2003",
        "a\0.txt",
        "a\r\nSet-Cookie: x=1.txt",
        "a.txt::$DATA",
        "\ud800.txt",
        "invoice\u202efdp.exe",
        "nul\0/name.txt",
        "a" * 256,
        "👩" * 256,
    ],
)
def test_invalid_name__is_refused(name: str) -> None:
    assert refuses(name)


def test_limits__are_255_characters_and_1020_bytes() -> None:
    assert MAX_CHARACTERS == 255
    for character in "aé€👩":
        longest = character * 255
        assert clean_name(longest) == longest
        assert len(clean_name("x" * 500 + "/" + longest)) == 255
        assert refuses(longest + character)


def test_length__is_that_of_the_stored_form() -> None:
    decomposed = "e\u0301" * 255
    assert len(clean_name(decomposed)) == 255
    # One character that NFC takes apart.
    assert refuses("\u0958" * 128)


def test_control_characters_and_surrogates__are_refused_wherever_they_stand() -> None:
    for character in [*characters("Cc", "Zl", "Zp"), *BIDIRECTIONAL_CONTROLS, "\ud800\udfff\ufffd"]:
        for name in (f"{character}a", f"a{character}", f"a{character}b", f"a{character}/b"):
            assert refuses(name), ascii(name)


def test_names_of_nothing_visible__are_refused() -> None:
    invisible = [*characters("Zs", "Zl", "Zp", "Cf"), *IGNORABLE]
    taken = [ascii(character) for character in invisible if not refuses(character * 2)]
    assert taken == []
    assert refuses("".join(IGNORABLE[:200]))


@pytest.mark.sweep
def test_letters_digits_and_emoji_of_all_scripts__are_kept() -> None:
    kept = [*characters("Lu", "Ll", "Lt", "Nd", "So"), *list(characters("Lo"))[::37]]
    for character in kept:
        if character not in IGNORABLE and character not in "\u2800\ufffd":
            stored = clean_name(f"{character}.txt")
            assert stored == unicodedata.normalize("NFC", f"{character}.txt")


@pytest.mark.sweep
def test_stored_form__is_stable() -> None:
    for character in characters("Lm", "Mn", "Mc", "Po", "Sm", "Sk", "Zs"):
        for name in (f"a{character}b.txt", f"{character}a", f"x/a{character}"):
            if not refuses(name):
                stored = clean_name(name)
                assert clean_name(stored) == stored
                assert unicodedata.is_normalized("NFC", stored)
                assert not {"/", "\\"} & set(stored)


def test_text_too_long_for_a_name__is_not_normalized() -> None:
    """Sorting a long run of combining characters takes quadratic time."""
    text = "a" + "\u0301\u0316" * 1_000_000

    assert normal_form(text) is text
    with pytest.raises(InvalidField):
        clean_name(text)
    assert normal_form("\u03b1\u0313\u0301\u0345" * 255) == "\u1f84" * 255
