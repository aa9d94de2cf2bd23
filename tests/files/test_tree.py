"""Names of exported files: safe on any file system, and never twice."""

from pathlib import PurePosixPath

import pytest

from org_files.files.tree import Tree, safe_name

HERE = PurePosixPath("here")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..", "_"),
        (".", "_"),
        ("", "_"),
        (" \u00a0", "_"),
        ("C:\\x", "C__x"),
        ("a\n\0\u202eb", "a___b"),
        ("con", "_con"),
        ("Lpt1.tar.gz", "_Lpt1.tar.gz"),
        ("ends. .", "ends"),
        ("\ud800", "_"),
        ("u\u0308", "ü"),
    ],
)
def test_name__is_one_part_of_a_path(text, name):
    assert safe_name(text) == name
    assert len(PurePosixPath("folder", name).parts) == 2


@pytest.mark.parametrize("letter", ["x", "ü", "🎉"])
def test_long_name__is_cut_before_its_suffix(letter):
    tree = Tree()
    for item in range(2):
        path = tree.file(HERE, f"{letter * 255}.pdf", item)
        assert len(path.name.encode()) <= 255
        assert path.suffix == ".pdf"


def test_items_of_one_name__get_numbers():
    tree = Tree()
    names = ("a.txt", "A.TXT", "a (2).txt", "a.txt", "a.txt")
    placed = [tree.file(HERE, name, number).name for number, name in enumerate(names)]
    assert placed == ["a.txt", "A (2).TXT", "a (2) (2).txt", "a (3).txt", "a (4).txt"]
    assert tree.file(HERE, "a.txt", 0).name == "a.txt"
    assert tree.folder(HERE, "a.txt", "b").name == "a.txt (5)"
