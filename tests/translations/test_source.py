"""Texts that a person can read: marked for translation, as whole literals."""

import ast

import pytest

from tests.translations.catalogue import KEYWORDS, PACKAGE
from tests.translations.unmarked import unmarked

# English by design: what operators and programmers read, and the description of the API.
IN_ENGLISH = {"checks", "checks.py", "management", "migrations", "openapi", "openapi.py", "testing"}
SOURCES = {
    str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if not {*path.relative_to(PACKAGE).parts} & IN_ENGLISH
}


def test_texts_for_people__are_marked():
    found = {name: unmarked(source) for name, source in SOURCES.items()}

    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ('raise ValidationError({"name": ["This is no name."]})', 1),
        ('raise ParseError("No {}.".format(thing) if thing else limit)', 1),
        ("class Gone(OrgFilesError):\n    message: Any = 'It is gone.'", 1),
        ("name = CharField(help_text='As people say.')", 1),
        ("@admin.display(description='downloads')\ndef count(self, obj): ...", 1),
        ('raise ValidationError({"size": [_("At most %(n)d bytes.") % {"n": limit}]})', 0),
        ('raise ConfigurationError("There is no such setting.")', 0),
        ("class Gone(OrgFilesError):\n    code = 'gone'\n    message = _('It is gone.')", 0),
    ],
)
def test_texts_that_are_not_marked__are_found(source, number):
    assert len(unmarked(source)) == number


def test_marked_texts__are_whole_literals():
    """A text that is put together before it is looked up is in no catalogue."""
    for path, source in SOURCES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KEYWORDS:
                texts = node.args[: 3 if "npgettext" in node.func.id else 2]
                place = f"{path}:{node.lineno}"
                assert all(isinstance(text, ast.Constant) for text in texts), place
                assert not [t for t in texts if "{}" in t.value or "%s" in t.value], place
