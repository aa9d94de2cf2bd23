"""All regular expressions of the package: those that modules hold, and those in the source."""

import ast
import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import org_files

SOURCE = Path(org_files.__file__).parent

#: Functions of ``re`` and classes of Django whose first argument is an expression.
CALLS = ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
CLASSES = ("RegexValidator", "RegexField", "re_path", "_lazy_re_compile")


def patterns():
    """Return every expression, by where it stands."""
    found = {**dict(_of_modules()), **dict(_of_source())}
    # Most stand in both.
    unique = {(pattern.pattern, pattern.flags): name for name, pattern in found.items()}
    return {name: found[name] for name in sorted(unique.values())}


def unknown():
    """Return the places of expressions that are neither constants nor kept by a module."""
    return [where for where, call, is_inner in _calls() if is_inner and _constant(call) is None]


def _of_modules():
    for module in pkgutil.walk_packages([str(SOURCE)], "org_files."):
        if ".migrations" in module.name:
            continue
        for name, value in vars(import_module(module.name)).items():
            for number, pattern in enumerate(_within(value)):
                yield f"{module.name}.{name}[{number}]", pattern


def _within(value):
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _within(item)
    elif isinstance(value, dict):
        yield from _within([*value.keys(), *value.values()])


def _of_source():
    for where, call, _is_in_function in _calls():
        expression = _constant(call)
        if expression is not None:
            yield where, re.compile(expression, _flags(call))


@cache
def _calls():
    """Return the calls that take an expression: place, node, and whether in a function."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
        within = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _takes_expression(node.func):
                where = f"{path.relative_to(SOURCE)}:{node.lineno}"
                found.append((where, node, id(node) in within))
    return found


def _takes_expression(function):
    if isinstance(function, ast.Attribute):
        of_re = isinstance(function.value, ast.Name) and function.value.id == "re"
        return (of_re and function.attr in CALLS) or function.attr in CLASSES
    return isinstance(function, ast.Name) and function.id in CLASSES


def _constant(call):
    named = [item.value for item in call.keywords if item.arg in ("pattern", "regex")]
    try:
        return ast.literal_eval([*call.args, *named][0])
    except (ValueError, IndexError):
        return None


def _flags(call):
    values = [*call.args, *(item.value for item in call.keywords)]
    nodes = [node for value in values for node in ast.walk(value)]
    names = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    return sum(getattr(re, name) for name in names if name.isupper())
