"""Fields of profiles and login names, for any user model."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet

from org_files.accounts import conf
from org_files.accounts.fields import NormalizedEmailField, normalize_email

#: Shown where the model has them, after the login field.
COMMON_FIELDS = ("first_name", "last_name", "phone")

#: Never fields of a profile, even if a site lists them in PROFILE_FIELDS.
PRIVILEGES = frozenset(
    {"password", "is_active", "is_staff", "is_superuser", "groups", "user_permissions"}
)


def login_field() -> str:
    """Return the name of the field that users log in by."""
    return str(get_user_model().USERNAME_FIELD)


def profile_fields() -> list[str]:
    """Return the names of the fields of a profile, the login field first.

    These are the e-mail address, the model's REQUIRED_FIELDS, names and phone if it has them, and
    ``ORG_FILES["PROFILE_FIELDS"]``. Relations are left out: a user who could choose a company at
    registration would get its rights.
    """
    model: Any = get_user_model()
    wanted = [
        login_field(),
        model.get_email_field_name(),
        *model.REQUIRED_FIELDS,
        *COMMON_FIELDS,
        *conf.profile_fields(),
    ]
    return [name for name in dict.fromkeys(wanted) if is_plain(name)]


def is_plain(name: str) -> bool:
    """Return whether users may fill in their own column ``name``."""
    try:
        field: Any = get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    chosen_by_others = field.is_relation or field.primary_key or name in PRIVILEGES
    return bool(field.concrete and not chosen_by_others)


def login_name(text: str) -> str:
    """Return the stored login name that ``text`` matches, which may be an address in another case.

    A text that matches no user, or several, is returned unchanged.
    """
    if not _keeps_case():
        return text
    found = with_login(normalize_email(text)).values_list(login_field(), flat=True)[:2]
    return str(found[0]) if len(found) == 1 else text


def normalized_login(text: str) -> str:
    """Return the form in which a new login name is stored.

    Raises Django's ``ValidationError`` if that form is not valid: NFKC turns some letters into
    several characters, and others into "@".
    """
    model: Any = get_user_model()
    field = model._meta.get_field(login_field())
    is_email = isinstance(field, models.EmailField)
    text = normalize_email(text) if is_email else model.normalize_username(text)
    field.run_validators(text)
    return text


def with_login(name: str) -> QuerySet[Any]:
    """Return the users with the login name ``name``, given in the form of ``normalized_login``."""
    lookup = "iexact" if _keeps_case() else "exact"
    users: QuerySet[Any] = get_user_model()._default_manager.all()
    return users.filter(**{f"{login_field()}__{lookup}": name})


def _keeps_case() -> bool:
    """Return whether the user model may store one e-mail address in two cases."""
    field = get_user_model()._meta.get_field(login_field())
    return isinstance(field, models.EmailField) and not isinstance(field, NormalizedEmailField)
