"""The rules for names of files."""

import sys
import unicodedata

import pytest

from org_files.exceptions import InvalidField
from org_files.files import clean_name
from org_files.files.content import normal_form

BIDIRECTIONAL_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

# Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt): what no font draws.
IGNORABLE_RANGES = (
    *((character, character) for character in "\u00ad\u034f\u061c\u3164\ufeff\uffa0"),
    ("\u115f", "\u1160"),
    ("\u17b4", "\u17b5"),
    ("\u180b", "\u180f"),
    ("\u200b", "\u200f"),
    ("\u2060", "\u2064"),
    ("\ufe00", "\ufe0f"),
    ("\U0001bca0", "\U0001bca3"),
    ("\U0001d173", "\U0001d17a"),
    ("\U000e0001", "\U000e0001"),
    ("\U000e0020", "\U000e007f"),
    ("\U000e0100", "\U000e01ef"),
)
IGNORABLE = [
    chr(point) for first, last in IGNORABLE_RANGES for point in range(ord(first), ord(last) + 1)
]


def characters(*categories):
    """Yield all characters of some of Unicode's categories."""
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)) in categories:
            yield chr(point)


def refuses(name):
    try:
        clean_name(name)
    except InvalidField:
        return True
    return False


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        (r"a/b\c\d.txt", "d.txt"),
        ("  spaced  .txt ", "spaced  .txt"),
        ("...", "..."),
        ('"quoted"; filename="x.html".txt', '"quoted"; filename="x.html".txt'),
        ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
        ("10:30 meeting.md", "10:30 meeting.md"),
        ("👩\u200d🚀🏳️\u200d🌈.png", "👩\u200d🚀🏳️\u200d🌈.png"),
        ("nai\u0308ve", "na\u00efve"),
        ("x" * 500 + "/" + "👩" * 255, "👩" * 255),
        # No streams of NTFS.
        ("Budget:$5000 plan.txt", "Budget:$5000 plan.txt"),
        ("a:b:$5 and more", "a:b:$5 and more"),
        # The limit is that of the stored form.
        ("e\u0301" * 255, "\u00e9" * 255),
    ],
)
def test_name__is_stored_as(sent, stored):
    assert clean_name(sent) == stored


@pytest.mark.parametrize(
    "name",
    [
        "",
        " .. ",
        "folder\\",
        "\u200b\u200d\ufeff",
        "\u3164\u2800",
        "a\0.txt",
        "a.txt::$DATA",
        "a.txt:hidden:$data. ",
        "a:b:$INDEX_ALLOCATION",
        "\ud800.txt",
        "invoice\u202efdp.exe",
        "nul\0/name.txt",
        "a" * 256,
        # A character that NFC takes apart.
        "\u0958" * 128,
    ],
)
def test_invalid_name__is_refused(name):
    with pytest.raises(InvalidField) as refused:
        clean_name(name)

    assert (refused.value.field, refused.value.code) == ("name", "invalid")
    assert refused.value.message


def test_control_characters_and_surrogates__are_refused_wherever_they_stand():
    for character in [*characters("Cc", "Zl", "Zp"), *BIDIRECTIONAL_CONTROLS, "\ud800\udfff"]:
        for name in (f"{character}a", f"a{character}", f"a{character}/b"):
            assert refuses(name), ascii(name)


@pytest.mark.sweep
def test_names_of_nothing_visible__are_refused():
    invisible = [*characters("Zs", "Zl", "Zp", "Cf"), *IGNORABLE]
    taken = [ascii(character) for character in invisible if not refuses(character * 2)]
    assert taken == []
    assert refuses("".join(IGNORABLE[:200]))


@pytest.mark.sweep
def test_letters_digits_and_emoji_of_all_scripts__are_kept():
    kept = [*characters("Lu", "Ll", "Lt", "Nd", "So"), *list(characters("Lo"))[::37]]
    for character in kept:
        if character not in IGNORABLE and character != "\u2800":
            stored = clean_name(f"{character}.txt")
            assert stored == unicodedata.normalize("NFC", f"{character}.txt")


@pytest.mark.sweep
def test_stored_form__is_stable():
    for character in characters("Lm", "Mn", "Mc", "Po", "Sm", "Sk", "Zs"):
        for name in (f"a{character}b.txt", f"{character}a", f"x/a{character}"):
            if not refuses(name):
                stored = clean_name(name)
                assert clean_name(stored) == stored
                assert unicodedata.is_normalized("NFC", stored)
                assert not {"/", "\\"} & set(stored)


def test_text_too_long_for_a_name__is_not_normalized():
    """Sorting a long run of combining characters takes quadratic time."""
    text = "a" + "\u0301\u0316" * 100_000

    assert normal_form(text) is text
    assert refuses(text)
    assert normal_form("\u03b1\u0313\u0301\u0345" * 255) == "\u1f84" * 255
