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


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("letters", ["upper_case", "digit", "special_character"]),
        ("пароЛь 5", ["special_character"]),
        ("Letters\tand\u00a0spaces!", ["digit"]),
        # Neither digits to count with nor special characters.
        ("X\u00b2\u2167", ["digit", "special_character"]),
        ("Ä٣€", []),
    ],
)
def test_password__needs_upper_case_digit_and_special_character(settings, password, missing):
    rules(settings, f"{OURS}.UpperCaseValidator", f"{OURS}.DigitAndSpecialCharacterValidator")

    codes = []
    try:
        validate_password(password)
    except ValidationError as error:
        codes = [each.code.removeprefix("password_no_") for each in error.error_list]

    assert codes == missing
    assert len(password_validators_help_texts()) == 2


def test_registration_and_change__keep_all_rules(settings, db):
    names = ("MinimumLengthValidator", "UserAttributeSimilarityValidator")
    rules(settings, *(f"{DJANGOS}.{name}" for name in names), f"{OURS}.UpperCaseValidator")
    user = make_user(password=PASSWORD, first_name="Zuse")
    change = {"old_password": PASSWORD, "new_password": "zuse"}

    registered = call(REGISTER, email="zuse@example.com", password="zuse")
    changed = call(CHANGE_PASSWORD, by=signed_in(user), **change)

    for response, field in ((registered, "password"), (changed, "new_password")):
        assert (response.status_code, list(response.json())) == (400, [field])
        assert len(response.json()[field]) == 3
    assert get_user_model().objects.get().check_password(PASSWORD)
