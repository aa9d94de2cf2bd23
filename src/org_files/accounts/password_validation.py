"""Rules for AUTH_PASSWORD_VALIDATORS, for sites that ask for kinds of characters."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

__all__ = ["DigitAndSpecialCharacterValidator", "UpperCaseValidator"]


class UpperCaseValidator:
    """The password has an upper-case letter, of any script."""

    def validate(self, password: str, user: Any = None) -> None:
        if not any(character.isupper() for character in password):
            raise ValidationError(
                _("The password needs an upper-case letter."), code="password_no_upper_case"
            )

    def get_help_text(self) -> str:
        return _("Your password needs an upper-case letter.")


class DigitAndSpecialCharacterValidator:
    """The password has a digit, and a character that is neither letter, digit nor space."""

    def validate(self, password: str, user: Any = None) -> None:
        errors = []
        if not any(character.isdecimal() for character in password):
            errors.append(
                ValidationError(_("The password needs a digit."), code="password_no_digit")
            )
        if all(character.isalnum() or character.isspace() for character in password):
            errors.append(
                ValidationError(
                    _("The password needs a special character, such as ! or #."),
                    code="password_no_special_character",
                )
            )
        if errors:
            raise ValidationError(errors)

    def get_help_text(self) -> str:
        return _("Your password needs a digit and a special character, such as ! or #.")
