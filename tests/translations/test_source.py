"""Every text that a person can read is marked for translation, in a way that can be translated."""

import ast

import pytest

from tests.translations.catalogue import KEYWORDS, PACKAGE
from tests.translations.unmarked import unmarked

# English by design: what operators and programmers read, and the description of the API.
IN_ENGLISH = ("checks", "management", "migrations", "openapi", "openapi.py", "testing")

MODULES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not {*path.relative_to(PACKAGE).parts} & {*IN_ENGLISH}
]


def source_of(path):
    return path.read_text(encoding="utf-8")


def names(path):
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_texts_for_people__are_marked(path):
    assert unmarked(source_of(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise ValidationError({"name": ["This is no name."]})',
        'raise ValidationError({"size": [f"At most {limit} bytes."]})',
        'raise ParseError("No {}.".format(thing) if thing else "No thing at all.")',
        "class Gone(APIException):\n    default_detail = 'It is gone.'",
        "class Gone(OrgFilesError):\n    message: Any = 'It is gone.'",
        "class Role(models.TextChoices):\n    ADMIN = 'admin', 'admin'",
        "name = models.CharField('name', max_length=9)",
        "name = CharField(help_text='As people say.')",
        "@admin.display(description='downloads')\ndef count(self, obj): ...",
    ],
)
def test_texts_that_are_not__are_found(source):
    assert len(unmarked(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'raise ValidationError({"name": [_("This is no name.")]})',
        'raise ValidationError({"size": [_("At most %(n)d bytes.") % {"n": limit}]})',
        'raise ValueError("No name was given.")',
        'raise ConfigurationError("There is no such setting.")',
        "class Gone(OrgFilesError):\n    code = 'gone'\n    message = _('It is gone.')",
        "class Role(models.TextChoices):\n    ADMIN = 'admin', pgettext_lazy('role', 'admin')",
        'sha256 = models.CharField("SHA-256", max_length=64)',
    ],
)
def test_texts_that_are_or_need_not_be__are_left_alone(source):
    assert unmarked(source) == []


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_marked_texts__are_whole_literals(path):
    """What is put together before it is looked up is in no catalogue."""
    for node in ast.walk(ast.parse(source_of(path))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KEYWORDS:
            literals = [item for item in node.args if isinstance(item, ast.Constant)]
            numbers = 1 if "ngettext" in node.func.id or "npgettext" in node.func.id else 0
            assert len(literals) >= len(node.args) - numbers, f"{path}:{node.lineno}"
            for item in literals:
                assert not isinstance(item.value, str) or "{}" not in item.value
                assert not isinstance(item.value, str) or "%s" not in item.value
