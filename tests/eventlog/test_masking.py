"""What opens doors is masked wherever it stands; all else stays as it is."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from org_files.eventlog.masking import MaskSecrets, mask

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.Xy-Z_0123456789abcdefghij"
KEY = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"got {JWT} from", "got *** from"),
        (f"got {JWT.rpartition('.')[0]} cut", "got *** cut"),
        (f"Bearer {JWT}", "Bearer ***"),
        ("bearer opaque-token_123", "bearer ***"),
        (f"Token {KEY}", "Token ***"),
        ("Basic YTpi", "Basic ***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: *** ***"),
        ("GET /api/shared/AbC_d-9e/?x=1", "GET /api/shared/***/?x=1"),
        ("GET /api/shared//AbC_d-9e/", "GET /api/shared//***/"),
        ("GET /api/shared///AbC?x=1", "GET /api/shared///***?x=1"),
        ("GET http://a.example/api/shared/AbC", "GET http://a.example/api/shared/***"),
        ("/content/?ticket=abc.def&height=200", "/content/?ticket=***&height=200"),
        ("?X-Amz-Signature=ff0&X-Amz-Expires=60", "?X-Amz-Signature=***&X-Amz-Expires=60"),
        ("password=hunter2", "password=***"),
        ("new_password1=hunter2; next=/", "new_password1=***; next=/"),
        ('{"password": "correct horse", "email": "a"}', '{"password": ***, "email": "a"}'),
        ('{"password": "a\\"b", "email": "a"}', '{"password": ***, "email": "a"}'),
        ("{'old_password': 'it\\'s me', 'x': 1}", "{'old_password': ***, 'x': 1}"),
        ('"{\\"refresh\\": \\"abc\\", \\"x\\": 1}"', '"{\\"refresh\\": ***\\", \\"x\\": 1}"'),
        ('a body that was cut: {"password": "correct ho', 'a body that was cut: {"password": ***'),
        ("access: abc", "access: ***"),
        ("REFRESH=abc", "REFRESH=***"),
        ("sessionid=abc123; csrftoken=def456", "sessionid=***; csrftoken=***"),
        ("postgres://me:hush@127.0.0.1/db", "postgres://me:***@127.0.0.1/db"),
        ("client_secret=abc api-key: def", "client_secret=*** api-key: ***"),
    ],
)
def test_secret__is_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "file.stored ok file=01923f7e-7b3a-7c1e-9c3d-1234567890ab actor=3 name=report.txt size=5",
        "access.denied refused status=401 code=token_not_valid method=POST path=/api/token/",
        "User 3 changed the password.",
        "Basic configuration, tokens and refreshed access for everybody",
        "Token is expired",
        "http://127.0.0.1:8000/api/files/?search=shared",
        "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_is_no_secret__stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "piece",
    ["token", "token ", 'token="', "token=\\'", "password:", "://a:", "shared/", "eyJ", "a-", "\\"],
)
def test_hostile_text__takes_no_longer_than_its_length(piece: str) -> None:
    began = time.process_time()
    mask(piece * (200_000 // len(piece)) + "token=")

    # A hundred kilobytes take some hundredths; where steps multiply, minutes.
    assert time.process_time() - began < 5


def record(message: Any, *args: Any, **fields: Any) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "org_files", "msg": message, "args": args, **fields})
    assert MaskSecrets().filter(made)
    return made


def formatted(made: logging.LogRecord) -> str:
    return logging.Formatter("%(message)s").format(made)


def test_arguments__are_masked_with_their_message() -> None:
    assert formatted(record("%s by %s", {"password": "hunter2"}, "Ada")) == (
        "{'password': ***} by Ada"
    )


def test_message_without_secrets__keeps_its_arguments() -> None:
    made = record("%s files", 3)

    assert (made.msg, made.args) == ("%s files", (3,))


def test_details__are_masked_to_their_depth_and_by_name() -> None:
    details = {
        "path": "/api/shared/abc/",
        "password": "hunter2",
        "nested": [{"refresh": "abc", "size": 3}, ("Bearer opaque-token-1", None)],
        "tokens": ["a", "b"],
    }

    made: Any = record("x", details=details)

    assert made.details == {
        "path": "/api/shared/***/",
        "password": "***",
        "nested": [{"refresh": "***", "size": 3}, ["Bearer ***", None]],
        "tokens": ["***", "***"],
    }
    assert details["password"] == "hunter2"


@pytest.mark.parametrize("is_formatted_before", [False, True])
def test_traceback__is_masked(is_formatted_before: bool) -> None:
    try:
        raise ValueError(f"bad token {JWT}")
    except ValueError as error:
        made = logging.makeLogRecord({"exc_info": (type(error), error, error.__traceback__)})
    if is_formatted_before:
        formatted(made)

    MaskSecrets().filter(made)

    assert "bad token ***" in formatted(made)
    assert JWT not in formatted(made)


@pytest.mark.parametrize("args", [("a",), ("a", "b", "c")])
def test_arguments_that_do_not_fit__are_left_out(args: tuple[str, ...]) -> None:
    made = record("password=hunter2 %s %s", *args)

    assert formatted(made) == "Arguments do not fit the message 'password=*** %s %s'."


def test_argument_that_cannot_be_shown__is_no_error() -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError

    assert formatted(record("%s", Odd())) == "Arguments do not fit the message '%s'."
