"""Secrets are masked in every part of a record; other text stays as it is."""

import logging
from decimal import Decimal

import pytest

from org_files.eventlog.masking import MaskSecrets, mask
from org_files.events.masking import MAX_LENGTH, MAX_TRACEBACK

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.Xy-Z_0123456789abcdefghij"
KEY = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"got {JWT} from", "got *** from"),
        (f"got {JWT.rpartition('.')[0]} cut", "got *** cut"),
        ("bearer opaque-token_123", "bearer ***"),
        (f"Token {KEY}", "Token ***"),
        ("Basic YTpi", "Basic ***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: *** ***"),
        ("/api/shared/AbC_d-9e/?x=1 /api/shared//AbC/", "/api/shared/***/?x=1 /api/shared//***/"),
        ("/content/?ticket=abc.def&height=200", "/content/?ticket=***&height=200"),
        ("?X-Amz-Signature=ff0&X-Amz-Expires=60", "?X-Amz-Signature=***&X-Amz-Expires=60"),
        ("NEW_password1=hunter2; next=/", "NEW_password1=***; next=/"),
        ('{"password": "correct horse", "email": "a"}', '{"password": ***, "email": "a"}'),
        ('{"password": "a\\"b", "email": "a"}', '{"password": ***, "email": "a"}'),
        ("{'old_password': 'it\\'s me', 'x': 1}", "{'old_password': ***, 'x': 1}"),
        ('"{\\"refresh\\": \\"abc\\", \\"x\\": 1}"', '"{\\"refresh\\": ***\\", \\"x\\": 1}"'),
        ('a body that was cut: {"password": "correct ho', 'a body that was cut: {"password": ***'),
        ("access: abc", "access: ***"),
        ("sessionid=abc123; csrftoken=def456", "sessionid=***; csrftoken=***"),
        ("postgres://me:hush@127.0.0.1/db", "postgres://me:***@127.0.0.1/db"),
        ("client_secret=abc api-key: def", "client_secret=*** api-key: ***"),
    ],
)
def test_secret__is_masked(text, expected):
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "file.stored ok file=01923f7e-7b3a-7c1e-9c3d-1234567890ab actor=3 name=report.txt size=5",
        "access.denied refused status=401 code=token_not_valid method=POST path=/api/token/",
        "Basic configuration, tokens and refreshed access; the password was changed.",
        "Token is expired",
        "http://127.0.0.1:8000/api/files/?search=shared",
        "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_other_text__stays(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    ("before", "secret"),
    [
        ("Bearer ", "opaque-token_123"),
        ("Authorization: Basic ", "dXNlcjpwYXNz"),
        ("eyJ", JWT[3:40]),
        ("/api/shared/", "AbC_d-9e"),
        ("postgres://me:", "12345"),
        ('{"password": "', "correct horse"),
        ('"{\\"refresh\\": \\"', "correct horse"),
    ],
)
def test_secret_at_the_cut__is_masked_however_short_the_rest(before, secret):
    space = MAX_LENGTH - len(before)

    cut = {
        mask(f"{' ' * (space - kept)}{before}{secret}@example.com").strip()
        for kept in range(1, len(secret))
    }

    # The same text for one character of the secret and for all but one.
    assert len(cut) == 1
    assert cut.pop().endswith("*** [cut off]")


def test_text_beyond_the_bound__is_cut_off():
    assert mask("x" * MAX_LENGTH) == "x" * MAX_LENGTH
    assert mask("x" * MAX_LENGTH + "password=hunter2") == "x" * MAX_LENGTH + " [cut off]"
    assert mask("x" * 300, 200) == "x" * 200 + " [cut off]"


def record(message, *args, **fields):
    made = logging.makeLogRecord({"name": "org_files", "msg": message, "args": args, **fields})
    assert MaskSecrets().filter(made)
    return made


def formatted(made):
    return logging.Formatter("%(message)s").format(made)


def test_message_and_stack__are_masked_and_harmless_arguments_kept():
    made = record("%s by %s", {"password": "hunter2"}, "Ada", stack_info="Stack: password=hunter2")
    assert formatted(made) == "{'password': ***} by Ada\nStack: password=***"

    made = record("%s files", 3)
    assert (made.msg, made.args) == ("%s files", (3,))


def test_details__are_masked_by_name_and_text_at_every_level():
    class Shown:
        def __str__(self):
            return "Bearer opaque-token-1"

    deep = "hunter2"
    for _level in range(100):
        deep = [deep]
    details = {
        "path": "/api/shared/abc/",
        "password": "hunter2",
        "nested": [{"refresh": "abc", "size": 3}, ("Bearer opaque-token-1", None)],
        "tokens": ["a", b"b"],
        "error": ValueError("password=hunter2"),
        "object": Shown(),
        "ratio": Decimal("0.5"),
        "password=hunter2": 1,
        "set": {"password=hunter2"},
        "long": "x" * 9_000,
        "deep": deep,
    }

    made = record("x", details=details)

    assert "hunter2" not in repr(made.details)
    made.details.pop("deep")
    assert made.details == {
        "path": "/api/shared/***/",
        "password": "***",
        "nested": [{"refresh": "***", "size": 3}, ["Bearer ***", None]],
        "tokens": ["***", "***"],
        "error": "password=***",
        "object": "Bearer ***",
        "ratio": Decimal("0.5"),
        "password=***": 1,
        "set": ["password=***"],
        "long": mask("x" * 9_000),
    }
    assert details["password"] == "hunter2"


def raised(error, cause=None):
    """Return the record of an error with its traceback."""
    try:
        raise error from cause
    except ValueError:
        return logging.makeLogRecord({"exc_info": (type(error), error, error.__traceback__)})


@pytest.mark.parametrize("is_formatted_before", [False, True])
def test_traceback__is_masked(is_formatted_before):
    made = raised(ValueError(f"bad token {JWT}"))
    if is_formatted_before:
        formatted(made)

    MaskSecrets().filter(made)

    assert "bad token ***" in formatted(made)
    assert JWT not in formatted(made)


def test_long_traceback__is_cut_off_and_ends_with_its_exception():
    made = raised(ValueError(f"bad token {JWT}"), KeyError("x" * 2 * MAX_TRACEBACK))

    MaskSecrets().filter(made)

    text = formatted(made)
    assert "KeyError: 'xxx" in text
    assert text.endswith("x [cut off]\nValueError: bad token ***")
    assert len(text) < MAX_TRACEBACK + 100


def test_arguments_that_do_not_fit__are_left_out():
    class Odd:
        def __str__(self):
            raise RuntimeError

    for args in (("a",), ("a", "b", "c")):
        made = record("password=hunter2 %s %s", *args)
        assert formatted(made) == "Arguments do not fit the message 'password=*** %s %s'."
    assert formatted(record("%s", Odd())) == "Arguments do not fit the message '%s'."
    assert formatted(record(Odd())) == "Arguments do not fit the message 'Odd'."
