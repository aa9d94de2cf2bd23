"""AUTH_PASSWORD_VALIDATORS: the package's own, and where all of them apply."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError

from org_files.testing.factories import make_user
from tests.accounts.clients import CHANGE_PASSWORD, PASSWORD, REGISTER, call
from tests.rest.requests import signed_in

OURS = "org_files.accounts.password_validation"
DJANGOS = "django.contrib.auth.password_validation"


def rules(settings, *validators):
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": name} for name in validators]


@pytest.fixture
def own_rules(settings):
    rules(settings, f"{OURS}.UpperCaseValidator", f"{OURS}.DigitAndSpecialCharacterValidator")


def codes_of(password):
    """Return what the rules refuse, without the common prefix."""
    try:
        validate_password(password)
    except ValidationError as error:
        return [str(each.code).removeprefix("password_no_") for each in error.error_list]
    return []


@pytest.mark.usefixtures("own_rules")
@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("letters", ["upper_case", "digit", "special_character"]),
        ("李小龍 1!", ["upper_case"]),
        ("пароЛь 5", ["special_character"]),
        ("Letters\tand\u00a0spaces!", ["digit"]),
        # Neither digits to count with nor special characters.
        ("X\u00b2\u2167", ["digit", "special_character"]),
        ("Ä٣€", []),
        ("A7👩", []),
    ],
)
def test_password__needs_upper_case_digit_and_special_character(password, missing):
    assert codes_of(password) == missing


@pytest.mark.usefixtures("own_rules")
def test_rules__have_help_texts():
    assert password_validators_help_texts() == [
        "Your password needs an upper-case letter.",
        "Your password needs a digit and a special character, such as ! or #.",
    ]


@pytest.mark.django_db
def test_registration__keeps_all_rules(settings):
    rules(
        settings,
        f"{DJANGOS}.MinimumLengthValidator",
        f"{DJANGOS}.UserAttributeSimilarityValidator",
        f"{OURS}.UpperCaseValidator",
    )

    response = call(REGISTER, email="zuse@example.com", password="zuse")

    assert response.status_code == 400
    assert list(response.json()) == ["password"]
    assert len(response.json()["password"]) == 3
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_change__keeps_all_rules(settings):
    rules(
        settings, f"{DJANGOS}.MinimumLengthValidator", f"{DJANGOS}.UserAttributeSimilarityValidator"
    )
    user = make_user(password=PASSWORD, first_name="Zuse")

    response = call(CHANGE_PASSWORD, by=signed_in(user), old_password=PASSWORD, new_password="zuse")

    assert response.status_code == 400
    assert list(response.json()) == ["new_password"]
    assert len(response.json()["new_password"]) == 2
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
