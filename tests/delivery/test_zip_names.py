"""Names of members that every system can extract, side by side."""

import pytest

from org_files.delivery.zip_names import MAX_BYTES, unique_names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.txt", "a.txt", "a.txt"], ["a.txt", "a (2).txt", "a (3).txt"]),
        # One name to Windows and macOS: another case, another form of Unicode.
        (["a.txt", "A.TXT", "a.Txt"], ["a.txt", "A (2).TXT", "a (3).Txt"]),
        (["é.txt", "e\u0301.txt"], ["é.txt", "e\u0301 (2).txt"]),
        (["a (2).txt", "a.txt", "a.txt"], ["a (2).txt", "a.txt", "a (3).txt"]),
        (["a.txt", "a.txt", "a (2).txt"], ["a.txt", "a (2).txt", "a (2) (2).txt"]),
        (["README", "README"], ["README", "README (2)"]),
        ([".env", ".env"], [".env", ".env (2)"]),
        (["a.tar.gz", "a.tar.gz"], ["a.tar.gz", "a.tar (2).gz"]),
        (["Mr. Smith", "Mr. Smith"], ["Mr. Smith", "Mr. Smith (2)"]),
        (["missing.TXT"], ["missing (2).TXT"]),
    ],
)
def test_names__are_unique(names, expected):
    assert list(unique_names(names, reserved=["MISSING.txt"])) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\Windows\\a.dll", "C__Windows_a.dll"),
        ('a<b>c:"d|e?f*.txt', "a_b_c__d_e_f_.txt"),
        ("a\0b\nc\x85d.txt", "a_b_c_d.txt"),
        ("invoice\u202etxt.exe", "invoice_txt.exe"),
        ("a\udc80.txt", "a_.txt"),
        ("a.txt. . ", "a.txt"),
        ("..", "_"),
        ("", "_"),
        ("nul", "_nul"),
        ("Con.tar.gz", "_Con.tar.gz"),
        ("aux .txt", "_aux .txt"),
        ("COM¹.log", "_COM¹.log"),
        ("conin$", "_conin$"),
        ("console.txt", "console.txt"),
        ("com10", "com10"),
        ("~ .git #1; -rf & 'x'.txt", "~ .git #1; -rf & 'x'.txt"),
    ],
)
def test_name_that_some_system_cannot_extract__is_made_safe(name, expected):
    assert list(unique_names([name])) == [expected]


def test_long_names__are_cut_between_characters_and_keep_their_ending():
    names = ["😀" * 240 + ".jpeg", "я" * 255, "a" * 250 + ".b" + "c" * 40, "CON" + " " * 300 + "x"]

    unique = list(unique_names([*names, *names]))

    assert len({*unique}) == len(unique)
    assert all(len(name.encode()) <= MAX_BYTES for name in unique)
    assert unique[0] == "😀" * 62 + ".jpeg"
    assert unique[4] == "😀" * 61 + " (2).jpeg"
    assert unique[3] == "_CON"


def test_a_thousand_files_of_one_name__are_numbered():
    unique = list(unique_names(["a.txt"] * 1000))

    assert unique[-1] == "a (1000).txt"
    assert len({*unique}) == 1000
