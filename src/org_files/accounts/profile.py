"""What of the site's user model people fill in and see, whatever that model is."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet

from org_files.accounts import conf
from org_files.accounts.fields import NormalizedEmailField, normalize_email

__all__ = [
    "is_plain",
    "login_field",
    "login_name",
    "normalized_login",
    "profile_fields",
    "with_login",
]

#: Shown where the model has them, after the login field.
COMMON_FIELDS = ("first_name", "last_name", "phone")

#: What nobody gives themselves, whatever a site lists in PROFILE_FIELDS.
PRIVILEGES = frozenset(
    {"password", "is_active", "is_staff", "is_superuser", "groups", "user_permissions"}
)


def login_field() -> str:
    """Return the name of the field that users log in by."""
    return str(get_user_model().USERNAME_FIELD)


def profile_fields() -> list[str]:
    """Return the names of the fields of a profile, the login field first.

    Those are its e-mail address, what the model requires of a new user, names and phone where it
    has them, and what ``ORG_FILES["PROFILE_FIELDS"]`` adds. References to other rows are none: a
    company chosen by who registers would be a door into it.
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
    """Return whether people may fill in the column ``name`` of the user model themselves."""
    try:
        field: Any = get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    chosen_by_others = field.is_relation or field.primary_key or name in PRIVILEGES
    return bool(field.concrete and not chosen_by_others)


def login_name(text: str) -> str:
    """Return the login name that ``text`` stands for: an e-mail address in any case.

    What nobody has is returned as it is.
    """
    if not _keeps_what_was_typed():
        return text
    found = with_login(normalize_email(text)).values_list(login_field(), flat=True)[:2]
    return str(found[0]) if len(found) == 1 else text


def normalized_login(text: str) -> str:
    """Return the form in which a new login name is stored.

    Raises Django's ``ValidationError`` where that form is none: NFKC makes more of some letters, an
    "@" of others.
    """
    model: Any = get_user_model()
    field = model._meta.get_field(login_field())
    is_email = isinstance(field, models.EmailField)
    text = normalize_email(text) if is_email else model.normalize_username(text)
    field.run_validators(text)
    return text


def with_login(name: str) -> QuerySet[Any]:
    """Return who has the login name ``name``, in the form in which new ones are stored."""
    lookup = "iexact" if _keeps_what_was_typed() else "exact"
    users: QuerySet[Any] = get_user_model()._default_manager.all()
    return users.filter(**{f"{login_field()}__{lookup}": name})


def _keeps_what_was_typed() -> bool:
    """Return whether the site's model may have one address in two cases."""
    field = get_user_model()._meta.get_field(login_field())
    return isinstance(field, models.EmailField) and not isinstance(field, NormalizedEmailField)
