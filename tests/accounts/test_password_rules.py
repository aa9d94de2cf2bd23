"""AUTH_PASSWORD_VALIDATORS, where a password is chosen: at registration and at a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import (
    UserAttributeSimilarityValidator,
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError

from org_files.testing.factories import make_user
from tests.accounts.clients import CHANGE_PASSWORD, PASSWORD, REGISTER, call
from tests.rest.requests import signed_in

OURS = "org_files.accounts.password_validation"
UPPER_CASE = f"{OURS}.UpperCaseValidator"
DIGIT_AND_SPECIAL = f"{OURS}.DigitAndSpecialCharacterValidator"
DJANGOS = "django.contrib.auth.password_validation"

Choose = Callable[..., Any]


def rules(settings: Any, *validators: str) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name} for name in validators]


@pytest.fixture(params=["registration", "change"])
def choose(request: Any, db: None) -> Choose:
    """Choose a password, each way in turn; what is at fault goes under one name."""

    def register(password: str, **fields: Any) -> Any:
        return call(REGISTER, password=password, **{"email": "new@example.com"} | fields)

    def change(password: str, **fields: Any) -> Any:
        user = make_user(password=PASSWORD, **fields)
        response = call(
            CHANGE_PASSWORD, by=signed_in(user), old_password=PASSWORD, new_password=password
        )
        user.refresh_from_db()
        assert user.check_password(PASSWORD) == (response.status_code != 204)
        return response

    return register if request.param == "registration" else change


def refusals(response: Any) -> list[str]:
    """Return what is said of the password, nothing where it was taken."""
    if response.status_code in (201, 204):
        return []
    assert response.status_code == 400
    [(field, messages)] = response.json().items()
    assert field in ("password", "new_password")
    return list(messages)


@pytest.mark.parametrize(
    ("validator", "password"),
    [
        ("MinimumLengthValidator", "Sh0rt!"),
        ("CommonPasswordValidator", "password123"),
        ("NumericPasswordValidator", "8641975302"),
    ],
)
def test_rules_of_django__are_those_of_the_site(
    settings: Any, choose: Choose, validator: str, password: str
) -> None:
    rules(settings, f"{DJANGOS}.{validator}")

    assert len(refusals(choose(password))) == 1


@pytest.mark.parametrize(
    ("field", "value", "password"),
    [
        ("email", "margarethe.zuse@example.com", "margarethe.zuse"),
        ("email", "margarethe.zuse@example.com", "ezus.ehteragram1"[::-1]),
        ("email", "MARGARETHE.ZUSE@example.com", "Margarethe.Zuse@Example.com"),
        ("first_name", "Margarethe", "margarethe1"),
        ("last_name", "Hopperschmidt", "HOPPERSCHMIDT2"),
    ],
)
def test_password_like_the_profile__is_refused(
    settings: Any, choose: Choose, field: str, value: str, password: str
) -> None:
    rules(settings, f"{DJANGOS}.UserAttributeSimilarityValidator")

    [message] = refusals(choose(password, **{field: value}))

    wording = UserAttributeSimilarityValidator().get_error_message()
    assert message.startswith(wording.partition("%(")[0])


def test_several_faults__are_all_named(settings: Any, choose: Choose) -> None:
    rules(settings, f"{DJANGOS}.MinimumLengthValidator", UPPER_CASE, DIGIT_AND_SPECIAL)

    assert len(refusals(choose("short"))) == 4


def test_refused_registration__makes_nobody(settings: Any, db: None) -> None:
    rules(settings, UPPER_CASE)

    call(REGISTER, email="new@example.com", password="no capitals")

    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("no capitals", 1),
        ("123!", 1),
        ("ß", 1),
        ("李小龍", 1),
        ("One", 0),
        ("Ärger", 0),
        ("пароЛь", 0),
    ],
)
def test_upper_case_letter__is_one_of_any_script(
    settings: Any, choose: Choose, password: str, faults: int
) -> None:
    rules(settings, UPPER_CASE)

    assert len(refusals(choose(password))) == faults


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("letters", ["digit", "special"]),
        ("letters and spaces", ["digit", "special"]),
        ("letters\tand\u00a0spaces", ["digit", "special"]),
        ("letter5", ["special"]),
        ("letter 5", ["special"]),
        ("letters!", ["digit"]),
        # Neither a numeral to count with nor anything special.
        ("x\u00b2", ["digit", "special"]),
        ("\u2167 louis", ["digit", "special"]),
        ("5!", []),
        ("\u0665_", []),
        ("1€", []),
        ("7👩", []),
    ],
)
def test_digit_and_special_character__are_both_asked_for(
    settings: Any, choose: Choose, password: str, missing: list[str]
) -> None:
    rules(settings, DIGIT_AND_SPECIAL)

    messages = refusals(choose(password))

    assert len(messages) == len(missing)
    for word, message in zip(missing, messages, strict=True):
        assert word in message


def test_faults__have_codes_of_their_own(settings: Any) -> None:
    rules(settings, UPPER_CASE, DIGIT_AND_SPECIAL)

    with pytest.raises(ValidationError) as error:
        validate_password("letters")

    assert [fault.code for fault in error.value.error_list] == [
        "password_no_upper_case",
        "password_no_digit",
        "password_no_special_character",
    ]


def test_rules__are_told_to_who_chooses(settings: Any) -> None:
    rules(settings, UPPER_CASE, DIGIT_AND_SPECIAL)

    assert password_validators_help_texts() == [
        "Your password needs an upper-case letter.",
        "Your password needs a digit and a special character, such as ! or #.",
    ]


@pytest.mark.parametrize("password", ["A1!", "Correct horse battery staple 5!", "Ä٣€"])
def test_password_of_system_2__has_all_three_kinds(
    settings: Any, choose: Choose, password: str
) -> None:
    rules(settings, UPPER_CASE, DIGIT_AND_SPECIAL)

    assert refusals(choose(password)) == []
