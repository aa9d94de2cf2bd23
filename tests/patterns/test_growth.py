"""Every regular expression of the package takes time in proportion to the text it is fed."""

import re
from itertools import product

import pytest

from org_files.events.masking import mask
from tests.patterns.collected import SOURCE, patterns, unknown
from tests.patterns.growth import is_steep
from tests.patterns.hurtful import texts

pytestmark = pytest.mark.sweep

#: Texts of one pattern that the shape of the expression alone does not lead to.
SECRETS = ['/password=\\"', 'token="', "token=\\'", "password:", "://a:", "shared/", "bearer "]
REPEATED = ["\\", "\\\\", '\\"', "a", " ", "password=", "token "]


def steep_text(pattern):
    """Return the beginning of a text that takes ``pattern`` too long, or nothing."""
    for text in texts(pattern):
        for call in (pattern.fullmatch, lambda made: pattern.sub(pattern.pattern[:0], made)):
            if is_steep(call, fed(pattern, text)):
                return text(60)
    return ""


def fed(pattern, text):
    if isinstance(pattern.pattern, str):
        return text
    return lambda size: text(size).encode("latin-1", "replace")


def test_expressions__take_time_in_proportion_to_their_text():
    steep = {name: steep_text(pattern) for name, pattern in patterns().items()}

    assert {name: text for name, text in steep.items() if text} == {}
    assert len(steep) > 20


def test_masking__takes_time_in_proportion_to_its_text():
    for secret, repeated in product(SECRETS, REPEATED):
        assert not is_steep(
            lambda made: mask(made, len(made)),
            lambda size, secret=secret, repeated=repeated: secret + repeated * size,
        )


@pytest.mark.parametrize("quadratic", [r"a\\+[\"'](?:(?!\\+[\"']).)*", r"\s+$", rb"=(?:[^;]*;)*z"])
def test_quadratic_expression__is_found(quadratic):
    assert steep_text(re.compile(quadratic))


def test_every_expression__is_fed():
    """Made in a function of something else than a constant, one would not be."""
    assert unknown() == []
    source = "".join(path.read_text() for path in SOURCE.rglob("*.py"))
    assert not re.findall(r"from re import|import re as|__i?regex\b", source)
