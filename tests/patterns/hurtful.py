"""Texts that take a backtracking expression long, made of the expression itself."""

import re
from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
#: Characters that most expressions treat in some way of their own.
COMMON = "\\\"' \t\n=/:.@-aA0"
#: What may stand at the end, so that the expression does not match.
ENDS = ("", "\0")

Text = Callable[[int], str]


def texts(pattern):
    """Yield functions that return a text of about as many characters as they are given."""
    source = pattern.pattern
    tree = _parser.parse(source, pattern.flags & ~re.DEBUG)
    ways = sorted({"", _sample(tree), *_ways(tree, "")})
    units = [*_characters(source if isinstance(source, str) else source.decode("latin-1")), *ways]
    for way in ways:
        for unit in filter(None, dict.fromkeys(units)):
            for end in ENDS:
                yield lambda n, way=way, unit=unit, end=end: way + unit * (n // len(unit)) + end
            both = way + unit
            yield lambda n, both=both: both * (n // len(both))


def _characters(source):
    """Return characters to repeat: the common ones, the signs of the source, a few letters."""
    signs = [character for character in source if not character.isalnum()]
    letters = [character for character in source if character.isalnum()][:3]
    return list(dict.fromkeys([*COMMON, *signs, *letters]))


def _ways(tree, before):
    """Yield texts that lead to each repetition."""
    for code, argument in tree:
        if code in REPEATS:
            yield before
            yield from _ways(argument[2], before)
        elif code is codes.BRANCH:
            for branch in argument[1]:
                yield from _ways(branch, before)
        else:
            for inner in _inner(code, argument):
                yield from _ways(inner, before)
        before += _sample([(code, argument)])


def _inner(code, argument):
    if code is codes.SUBPATTERN:
        return [argument[-1]]
    if code is codes.ATOMIC_GROUP:
        return [argument]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    return []


def _sample(tree):
    """Return a text that ``tree`` matches, as far as that is simple."""
    text = ""
    for code, argument in tree:
        if code is codes.LITERAL:
            text += chr(argument)
        elif code in (codes.ANY, codes.NOT_LITERAL):
            text += "a" if argument != ord("a") else "b"
        elif code is codes.IN:
            text += _member(argument)
        elif code is codes.BRANCH:
            text += _sample(argument[1][0])
        elif code in REPEATS:
            text += _sample(argument[2]) * max(argument[0], 1)
        elif code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
            text += "".join(_sample(inner) for inner in _inner(code, argument))
    return text


def _member(items):
    """Return a character of a set."""
    negated = items[0][0] is codes.NEGATE
    for number in (*map(ord, "aA0-/ =:"), *range(33, 0x2100)):
        if any(_holds(item, number) for item in items) != negated:
            return chr(number)
    return "a"


def _holds(item, number):
    code, argument = item
    if code is codes.LITERAL:
        return bool(number == argument)
    if code is codes.RANGE:
        return bool(argument[0] <= number <= argument[1])
    if code is codes.CATEGORY:
        kind = str(argument).removeprefix("CATEGORY_").removeprefix("UNI_")
        tests = {
            "DIGIT": str.isdigit,
            "SPACE": str.isspace,
            "WORD": lambda c: c.isalnum() or c == "_",
        }
        holds = tests[kind.removeprefix("NOT_")](chr(number))
        return not holds if kind.startswith("NOT_") else holds
    return False
