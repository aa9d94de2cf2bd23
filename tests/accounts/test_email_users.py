"""The user model that logs in by e-mail."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from org_files.accounts.fields import normalize_email
from org_files.accounts.models import User
from org_files.testing.threads import at_once

#: Spellings of one address.
SAME = [
    "straße@example.com",
    "STRASSE@EXAMPLE.COM",
    "Strasse@Example.Com",
    " straße@example.com\t",
    "\uff33traße@example.com",
    "stra\u00dfe@example.com",
    "stra\u1e9ee@example.com",
]


@pytest.mark.parametrize("spelling", SAME)
def test_spellings_of_one_address__have_one_form(spelling: str) -> None:
    assert normalize_email(spelling) == "strasse@example.com"


def test_form__is_a_fixed_point_of_every_character() -> None:
    # Or a stored address would not be found by itself.
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code <= 0xDFFF:
            form = normalize_email(f"a{chr(code)}b@example.com")
            assert normalize_email(form) == form, hex(code)


@pytest.mark.django_db
def test_created_user__shows_what_is_stored() -> None:
    user = User.objects.create_user(email="Ada@Example.com", password="secret")

    assert user.email == "ada@example.com"
    assert User.objects.get(pk=user.pk).email == "ada@example.com"
    assert user.check_password("secret")
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert str(user) == "ada@example.com"


@pytest.mark.django_db
def test_superuser__may_do_everything() -> None:
    user = User.objects.create_superuser(email="root@example.com", password="secret")

    assert (user.is_staff, user.is_superuser) == (True, True)


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["", None, " ", "\t\n", "\u3000"])
def test_user_without_an_address__is_refused(email: Any) -> None:
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user(email=email)

    assert User.objects.count() == 0


@pytest.mark.django_db
def test_user_without_a_password__has_none_that_works() -> None:
    assert not User.objects.create_user(email="ada@example.com").has_usable_password()


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SAME)
def test_address__is_unique_over_case_and_form(spelling: str) -> None:
    User.objects.create_user(email="Straße@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(email=spelling)
    with pytest.raises(ValidationError) as error:
        User(email=spelling, password="x").full_clean()
    assert list(error.value.message_dict) == ["email"]
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SAME)
def test_address__is_found_by_any_spelling(spelling: str) -> None:
    user = User.objects.create_user(email="Straße@example.com")

    assert User.objects.get(email=spelling) == user
    assert User.objects.get(email__in=[spelling]) == user
    assert User.objects.get_by_natural_key(spelling) == user
    assert not User.objects.exclude(email=spelling).exists()


@pytest.mark.django_db
def test_address__is_normalized_by_every_way_of_writing() -> None:
    user = User.objects.create_user(email="a@example.com")
    User.objects.bulk_create([User(email="B@Example.com")])
    User.objects.filter(pk=user.pk).update(email="C@Example.com")

    assert set(User.objects.values_list("email", flat=True)) == {"b@example.com", "c@example.com"}
    user.email = "D@Example.com"
    user.save()
    assert user.email == "d@example.com"


@pytest.mark.django_db(transaction=True)
def test_one_address_at_once__is_one_user() -> None:
    def create(spelling: str) -> bool:
        try:
            User.objects.create_user(email=spelling)
        except IntegrityError:
            return False
        return True

    created = at_once([lambda spelling=spelling: create(spelling) for spelling in SAME])

    assert created.count(True) == 1
    assert User.objects.count() == 1


@pytest.mark.parametrize("phone", ["", "+4930123456", "+12", "+" + "1" * 15])
def test_phone__is_of_the_form_e_164(phone: str) -> None:
    User(email="a@example.com", phone=phone).clean_fields(exclude=["password"])


@pytest.mark.parametrize(
    "phone",
    ["030123456", "+0123", "+1", "+" + "1" * 16, "+49 30", "+49\n", "+\uff11\uff12", "++49"],
)
def test_other_phone__is_refused(phone: str) -> None:
    with pytest.raises(ValidationError) as error:
        User(email="a@example.com", phone=phone).clean_fields(exclude=["password"])
    assert list(error.value.message_dict) == ["phone"]


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("Ada", "Lovelace", "Ada Lovelace"),
        ("Ada", "", "Ada"),
        ("", "Lovelace", "Lovelace"),
        ("", "", ""),
    ],
)
def test_names__make_a_full_name(first: str, last: str, full: str) -> None:
    user = User(first_name=first, last_name=last)

    assert user.get_full_name() == full
    assert user.get_short_name() == first


def test_model__is_the_sites() -> None:
    assert get_user_model() is User


def test_text_too_long_for_an_address__is_not_normalized() -> None:
    """Sorting a long run of combining characters takes quadratic time."""
    text = "a" + "\u0301\u0316" * 1_000_000

    assert normalize_email(text) is text
