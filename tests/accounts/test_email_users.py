"""The user model that logs in by e-mail."""

import sys

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from org_files.accounts.fields import normalize_email
from org_files.accounts.models import User

#: Spellings of one address.
SPELLINGS = [
    "straße@example.com",
    "STRASSE@EXAMPLE.COM",
    " straße@example.com\t",
    "\uff33traße@example.com",
    "stra\u1e9ee@example.com",
]


def test_spellings_of_one_address__have_one_form():
    assert {normalize_email(spelling) for spelling in SPELLINGS} == {"strasse@example.com"}


def test_form__is_a_fixed_point():
    for character in "\u0130\u017f\u212a\u1fb3\u2126":
        form = normalize_email(f"a{character}b@example.com")
        assert normalize_email(form) == form


@pytest.mark.sweep
def test_form__is_a_fixed_point_of_every_character():
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code <= 0xDFFF:
            form = normalize_email(f"a{chr(code)}b@example.com")
            assert normalize_email(form) == form, hex(code)


def test_text_too_long_for_an_address__is_not_normalized():
    text = "a" + "\u0301\u0316" * 1_000_000

    assert normalize_email(text) is text


@pytest.mark.django_db
def test_created_user__has_the_stored_form_of_the_address():
    user = User.objects.create_user(email="Ada@Example.com", password="secret")
    root = User.objects.create_superuser(email="root@example.com")

    assert str(user) == user.email == "ada@example.com"
    assert user.check_password("secret")
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert (root.is_staff, root.is_superuser, root.has_usable_password()) == (True, True, False)


@pytest.mark.parametrize("email", [None, " \t\n\u3000"])
def test_user_without_an_address__is_refused(email):
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user(email=email)


@pytest.mark.django_db
def test_address__is_unique_and_found_in_every_spelling():
    user = User.objects.create_user(email="Straße@example.com")

    for spelling in SPELLINGS:
        assert User.objects.get(email=spelling) == user
        assert User.objects.get(email__in=[spelling]) == user
        assert User.objects.get_by_natural_key(spelling) == user
        assert not User.objects.exclude(email=spelling).exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user(email=spelling)
        with pytest.raises(ValidationError) as error:
            User(email=spelling, password="x").full_clean()
        assert list(error.value.message_dict) == ["email"]


@pytest.mark.django_db
def test_address__is_normalized_by_every_way_of_writing():
    user = User.objects.create_user(email="a@example.com")
    User.objects.bulk_create([User(email="B@Example.com")])
    User.objects.filter(pk=user.pk).update(email="C@Example.com")

    assert set(User.objects.values_list("email", flat=True)) == {"b@example.com", "c@example.com"}
    user.email = "D@Example.com"
    user.save()
    assert user.email == "d@example.com"


def test_phone__is_of_the_form_e_164():
    for phone in ("", "+12", "+" + "1" * 15):
        User(email="a@example.com", phone=phone).clean_fields(exclude=["password"])
    for phone in ("030123456", "+0123", "+1", "+" + "1" * 16, "+49\n", "+\uff11\uff12"):
        with pytest.raises(ValidationError) as error:
            User(email="a@example.com", phone=phone).clean_fields(exclude=["password"])
        assert list(error.value.message_dict) == ["phone"]


def test_full_name__leaves_out_empty_names():
    assert User(first_name="Ada", last_name="Lovelace").get_full_name() == "Ada Lovelace"
    assert User(last_name="Lovelace").get_full_name() == "Lovelace"
    assert User(first_name="Ada").get_short_name() == "Ada"
