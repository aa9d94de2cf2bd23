"""Texts that a person can read: marked for translation, as whole literals."""

import ast
import builtins

import pytest

from tests.translations.catalogue import KEYWORDS, PACKAGE

# English by design: texts of operators and programmers, and the description of the API.
IN_ENGLISH = {"checks", "checks.py", "management", "migrations", "openapi", "openapi.py", "testing"}
# Reasons why a header is malformed, which are not sent.
IN_ENGLISH |= {"protocols"}
# Commands, without Django.
IN_ENGLISH |= {"client"}
#: Arguments and attributes whose value is shown to people.
SHOWN = {
    *("default_detail", "default_error_messages", "detail", "error_messages", "help_text"),
    *("message", "verbose_name", "verbose_name_plural"),
}
#: Errors for programmers and operators.
ERRORS = {"CommandError", "ConfigurationError", "ImproperlyConfigured", *vars(builtins)}
ERRORS |= {"ColumnError", "ExportRefused"}


@pytest.fixture(scope="module")
def sources():
    paths = {path.relative_to(PACKAGE): path for path in PACKAGE.rglob("*.py")}
    return {
        str(name): ast.parse(path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if not {*name.parts} & IN_ENGLISH
    }


def unmarked(tree):
    """Return the texts in the source that a person will read and that are not marked."""
    return [text for node in ast.walk(tree) for text in texts_of(node)]


def texts_of(node):
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=arguments)):
            if name.lstrip("_")[:1].isupper() and name not in ERRORS:
                texts = (text for argument in arguments for text in literals(argument))
                yield from (text for text in texts if " " in text)
        case ast.Call(func=function, keywords=keywords):
            is_column = getattr(function, "attr", "") == "display"
            for keyword in keywords:
                if keyword.arg in {*SHOWN, "label"} or (is_column and keyword.arg == "description"):
                    yield from literals(keyword.value)
        case ast.ClassDef(body=body):
            for statement in body:
                match statement:
                    case (
                        ast.Assign(targets=[ast.Name(id=name)], value=value)
                        | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    ) if name in SHOWN:
                        yield from literals(value)


def literals(node):
    match node:
        case ast.Constant(value=str() as text):
            # "" and "SHA-256" are the same in every language.
            if text.upper() != text:
                yield text
        # A text that is marked, or a quotation of the request.
        case ast.Call(func=ast.Name(id=name)) if name in KEYWORDS:
            return
        case ast.Subscript():
            return
        case ast.Dict(values=values):
            for value in values:
                yield from literals(value)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from literals(child)


def test_texts_for_people__are_marked(sources):
    found = {name: unmarked(tree) for name, tree in sources.items()}

    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.sweep
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
    assert len(unmarked(ast.parse(source))) == number


def test_marked_texts__are_whole_literals(sources):
    """A text that is put together before it is looked up is in no catalogue."""
    for path, tree in sources.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KEYWORDS:
                texts = node.args[: 3 if "npgettext" in node.func.id else 2]
                place = f"{path}:{node.lineno}"
                assert all(isinstance(text, ast.Constant) for text in texts), place
                assert not [t for t in texts if "{}" in t.value or "%s" in t.value], place
