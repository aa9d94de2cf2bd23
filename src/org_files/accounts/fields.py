"""Model fields of accounts."""

import unicodedata
from typing import Any

from django.db import models

from org_files.validators import UNCOMPOSED

MAX_CHARACTERS = 254

#: Longer passwords are refused before they are hashed.
MAX_PASSWORD_LENGTH = 1024


def normalize_email(value: str) -> str:
    """Return the normal form of an address: NFKC, casefolded.

    A text too long for an address is returned unchanged: sorting a long run of combining
    characters takes quadratic time.
    """
    if len(value) > UNCOMPOSED * MAX_CHARACTERS:
        return value
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold()).strip()


def normal_password(password: Any) -> Any:
    """Return the form of an account's password that is hashed: NFC.

    What is no text is returned unchanged, and so is one too long for a password: sorting a long run
    of combining characters takes quadratic time.
    """
    if not isinstance(password, str) or len(password) > UNCOMPOSED * MAX_PASSWORD_LENGTH:
        return password
    return unicodedata.normalize("NFC", password)


class NormalizedEmailField(models.EmailField):
    """An e-mail address, stored and compared in its normal form.

    A unique index then holds with any collation of the database.
    """

    def to_python(self, value: Any) -> Any:
        # Called for every value that is stored or looked up.
        value = super().to_python(value)
        return normalize_email(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Normalize on the instance too, so that it shows what is stored."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = normalize_email(value)
            setattr(model_instance, self.attname, value)
        return value
