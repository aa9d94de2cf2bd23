"""Finder of texts for people that are not marked for translation."""

import ast
import builtins
from collections.abc import Iterator

from tests.translations.catalogue import KEYWORDS

#: Arguments and attributes whose value is shown to people.
SHOWN = {
    *("default_detail", "default_error_messages", "detail", "error_messages", "help_text"),
    *("message", "verbose_name", "verbose_name_plural"),
}
#: Errors for programmers and operators.
IN_ENGLISH = {"CommandError", "ConfigurationError", "ImproperlyConfigured", *vars(builtins)}


def unmarked(source: str) -> list[str]:
    """Return the texts in ``source`` that a person will read and that are not marked."""
    return [text for node in ast.walk(ast.parse(source)) for text in _texts_of(node)]


def _texts_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=arguments)):
            if name.lstrip("_")[:1].isupper() and name not in IN_ENGLISH:
                texts = (text for argument in arguments for text in _literals(argument))
                yield from (text for text in texts if " " in text)
        case ast.Call(func=function, keywords=keywords):
            is_column = getattr(function, "attr", "") == "display"
            for keyword in keywords:
                if keyword.arg in {*SHOWN, "label"} or (is_column and keyword.arg == "description"):
                    yield from _literals(keyword.value)
        case ast.ClassDef(body=body):
            for statement in body:
                match statement:
                    case (
                        ast.Assign(targets=[ast.Name(id=name)], value=value)
                        | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    ) if name in SHOWN:
                        yield from _literals(value)


def _literals(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            # "" and "SHA-256" are the same in every language.
            if text.upper() != text:
                yield text
        case ast.Call(func=ast.Name(id=name)) if name in KEYWORDS:
            return
        # A quotation of the request.
        case ast.Subscript():
            return
        case ast.Dict(values=values):
            for value in values:
                yield from _literals(value)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _literals(child)
