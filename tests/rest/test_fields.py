"""Values of the contract without HTTP: moments, ids, and encrypted text that clients keep."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from rest_framework.exceptions import ValidationError

from org_files import get_organization_model
from org_files.db.keys import parse_pk
from org_files.ids import parse_public_id
from org_files.rest.fields import (
    FutureDateTimeField,
    UTCDateTimeField,
    display_name,
)
from org_files.rest.sealing import seal, unseal
from org_files.rest.serializers import PartySerializer

FIELD = FutureDateTimeField()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2999-01-31T12:00:00",
        "2999-02-30T12:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "2001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z",
        "9998-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59.999999-23:59",
        "99999-01-01T00:00:00Z",
        1893499200,
        ["2999-01-31T12:00:00Z"],
    ],
)
def test_value_that_is_no_future_moment__is_refused(value):
    with pytest.raises(ValidationError):
        FIELD.run_validation(value)


def test_moment__is_read_with_its_zone_and_shown_in_utc():
    moment = FIELD.run_validation(" 9998-12-31T22:00:00.5+02:00")

    assert moment == datetime(9998, 12, 31, 20, 0, 0, 500_000, tzinfo=UTC)
    shown = UTCDateTimeField().to_representation(moment.astimezone(timezone(timedelta(hours=5))))
    assert shown == "9998-12-31T20:00:00.500000Z"
    assert UTCDateTimeField().to_representation(None) is None


# Ids in the form in which they are shown, and in no other

ID = "0192f0c1-2d3e-7000-8000-00000000abcd"

#: Forms that Python or a database would take for the same id.
LENIENT = ["{id}\n", " {id}", "{{{id}}}", "urn:uuid:{id}", "0{id}", "+{id}", "{id}\0"]
LENIENT += ["\uff10{id}", "{id}.0"]

NO_IDS = ["", "\0", "-1x", "1_0", "1e3", "0x1", "\uff11", "\u0663", "9" * 5000, "None", "True"]
NO_IDS += ["x" * 8192, "../../etc/passwd", "'\"--", "\ud800", "9223372036854775808"]
NO_IDS += [ID.upper(), ID.replace("-", "")]


def test_shown_form__is_the_id():
    assert parse_public_id(ID) == UUID(ID)
    assert [parse_pk(get_user_model(), text) for text in ("1", "4711")] == [1, 4711]


@pytest.mark.parametrize("form", LENIENT)
def test_other_form__is_none(form):
    assert parse_public_id(form.format(id=ID)) is None
    for model in (get_user_model(), get_organization_model()):
        assert parse_pk(model, form.format(id="12")) is None


@pytest.mark.parametrize("text", NO_IDS)
def test_text_that_is_no_id__is_none(text):
    assert parse_public_id(text) is None
    assert parse_pk(get_user_model(), text) is None


def test_user__is_shown_by_the_full_name():
    user = get_user_model()(pk=7, first_name="Ada", last_name="Lovelace")

    assert PartySerializer(user).data == {"id": 7, "name": "Ada Lovelace"}


# Encrypted text: it cannot be read, changed or used elsewhere

TEXT = '[false,"2024-01-01 00:00:00+00:00",4711]'


def refuses(text, purpose="a"):
    with pytest.raises(ValueError):
        unseal(text, purpose=purpose)
    return True


def test_sealed_text__is_opened_for_its_purpose_alone():
    sealed = seal(TEXT, purpose="a")

    assert unseal(sealed, purpose="a") == TEXT
    assert seal(TEXT, purpose="a") == sealed
    assert refuses(sealed, purpose="b")


def test_changed_text__is_refused():
    sealed = seal(TEXT, purpose="a")
    changed = [
        sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        for place in range(len(sealed))
    ]

    assert all(map(refuses, changed))
    assert all(map(refuses, [sealed[:-4], sealed + "AAAA", sealed + "=", sealed * 2]))
    assert all(map(refuses, ["zzz", "", "++//", "\uff21", urlsafe_b64encode(b"x" * 99).decode()]))


def test_sealed_text__tells_nothing():
    first, second = (urlsafe_b64decode(seal(TEXT + end, purpose="a").encode()) for end in ("", "1"))

    # With one key stream, the bytes of what they share would be equal.
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 20
    for data in (first, second):
        assert b"4711" not in data
        assert len(zlib.compress(data)) >= len(data)
    assert len({len(seal("x" * length, purpose="a")) for length in (1, 60, 126)}) == 1


def test_key_among_the_fallbacks__still_opens(settings):
    sealed = seal(TEXT, purpose="a")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-with-more-than-32-bytes-in-it"
    assert refuses(sealed)

    settings.SECRET_KEY_FALLBACKS = [old]

    assert unseal(sealed, purpose="a") == TEXT


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"first_name": "Ada", "last_name": "Lovelace", "name": "Countess"}, "Ada Lovelace"),
        ({"first_name": None, "last_name": None, "name": "Countess"}, "Countess"),
        ({"first_name": None, "last_name": None, "name": None}, "ada@example.com"),
        ({"first_name": None, "last_name": "Lovelace"}, "Lovelace"),
        ({"first_name": "Ada", "last_name": "None"}, "Ada None"),
        ({"first_name": " ", "last_name": "", "name": " "}, "ada@example.com"),
        ({"get_full_name": lambda: None}, "ada@example.com"),
        ({"get_full_name": lambda: "None None", "name": lambda: "Ada"}, "Ada"),
        ({"email": None, "pk": 7}, "7"),
    ],
)
def test_user_is_called_by_the_first_name_that_says_something(values, name):
    user = get_user_model()(email="ada@example.com")
    for key, value in values.items():
        setattr(user, key, value)
    assert display_name(user) == name


def initials(user):
    return user.first_name[:1]


@pytest.mark.parametrize("setting", ["nickname", "get_short_name", f"{__name__}.initials"])
def test_user_name__is_what_the_setting_names_unless_it_is_empty(settings, setting):
    settings.ORG_FILES = {"USER_NAME": setting}
    user = get_user_model()(email="ada@example.com", first_name="A", last_name="Lovelace")
    user.nickname = "A"
    assert display_name(user) == "A"
    user.nickname, user.first_name = None, ""
    assert display_name(user) == "Lovelace"
