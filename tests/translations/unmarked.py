"""Finds texts for people that are not marked for translation, in places that hold such texts."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from tests.translations.catalogue import KEYWORDS

#: Of calls.
KEYWORD_ARGUMENTS = {"detail", "help_text", "label", "message", "verbose_name", "error_messages"}
#: Of classes.
ATTRIBUTES = {
    "default_detail",
    "default_error_messages",
    "message",
    "verbose_name",
    "verbose_name_plural",
}
#: What ends like a field of a model, and does not begin with its name for people.
WITHOUT_NAME = {"InvalidField", "ManyToManyField", "OneToOneField"}
#: What is raised for programmers and for whoever runs the site, beside Python's own.
FOR_PROGRAMMERS = {"CommandError", "ConfigurationError", "ImproperlyConfigured"}


def unmarked(source: str) -> list[str]:
    """Return the texts in ``source`` that stand where a person will read them, unmarked."""
    return [text for node in ast.walk(ast.parse(source)) for text in _of(node)]


def _of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Raise(exc=ast.Call(func=function, args=arguments)):
            if _is_for_people(_name(function)):
                for argument in arguments:
                    yield from filter(_is_sentence, _texts(argument))
        case ast.Call(func=function, args=arguments, keywords=keywords):
            for keyword in keywords:
                column = keyword.arg == "description" and _name(function) == "display"
                if keyword.arg in KEYWORD_ARGUMENTS or column:
                    yield from _texts(keyword.value)
            if _name(function).endswith("Field") and _name(function) not in WITHOUT_NAME:
                for argument in arguments[:1]:
                    yield from _texts(argument)
        case ast.ClassDef(bases=bases, body=body):
            choices = any(_name(base).endswith("Choices") for base in bases)
            for statement in body:
                match statement:
                    case (
                        ast.Assign(targets=[ast.Name(id=name)], value=value)
                        | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    ) if name in ATTRIBUTES:
                        yield from _texts(value)
                    case ast.Assign(value=ast.Tuple(elts=[_, label])) if choices:
                        yield from _texts(label)


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            # Not what is the same in every language: "", "SHA-256".
            if text.upper() != text:
                yield text
        case ast.JoinedStr():
            yield ast.unparse(node)
        case ast.Call(func=function) if _name(function) in KEYWORDS:
            return
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from _texts(part)
        case ast.BinOp(left=left):
            yield from _texts(left)
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from _texts(part)
        case ast.IfExp(body=first, orelse=second):
            yield from _texts(first)
            yield from _texts(second)


def _is_sentence(text: str) -> bool:
    return " " in text


def _is_for_people(name: str) -> bool:
    """Whether that is a class of errors, and one that is shown to people."""
    is_class = name.lstrip("_")[:1].isupper()
    return is_class and name not in FOR_PROGRAMMERS and not hasattr(builtins, name)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _name(value)
        case _:
            return ""
