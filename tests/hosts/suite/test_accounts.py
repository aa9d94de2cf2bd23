"""The life of an account, on every host. Run by tests/hosts/test_hosts.py."""

import io
import json
from unicodedata import normalize

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from PIL import Image

from org_files import get_organization_model
from org_files.accounts.base_user import AbstractEmailUser
from org_files.testing.factories import join
from tests.hosts.suite.test_host import NAME, PASSWORD, send

USERNAME_FIELD = get_user_model().USERNAME_FIELD
#: As it is typed at registration, and as it is typed at login: of addresses the case is all one.
TYPED, TYPED_AGAIN = (
    ("Ada@Site.example", "aDA@sITE.example") if USERNAME_FIELD == "email" else ("ada", "ada")
)


def succeed(client, method, path, **body):
    status, answer = send(client, method, path, **body)
    assert status < 400, answer
    return answer


def register(client, name, /, **fields):
    credentials = {USERNAME_FIELD: name, "password": PASSWORD}
    return succeed(client, "POST", "auth/register/", **credentials, **fields)


def log_in(client, name, path="auth/login/"):
    return succeed(client, "POST", path, **{USERNAME_FIELD: name}, password=PASSWORD)


@pytest.fixture
def ada(db):
    """The browser of a user who has registered and logged in."""
    client = Client()
    registered = register(client, TYPED, **{NAME: "Ada"}, is_staff=True, is_superuser=True)
    assert registered == log_in(client, TYPED_AGAIN)
    return client


def test_registered_user__is_shown_without_privileges(ada):
    user = get_user_model().objects.get()
    shown = succeed(ada, "GET", "users/me/")

    assert shown["id"] == json.loads(json.dumps(user.pk, default=str))
    assert shown[USERNAME_FIELD] == user.get_username()
    assert (shown[NAME], shown["is_staff"], shown["organizations"]) == ("Ada", False, [])
    assert (user.is_staff, user.is_superuser) == (False, False)


BACKENDS = (
    "django.contrib.auth.backends.ModelBackend",
    "org_files.accounts.backends.NormalPasswordBackend",
)
DECOMPOSED = "cafe\u0301 au lait"


@pytest.mark.parametrize("backend", BACKENDS)
def test_password__is_right_in_any_form_of_unicode(db, settings, backend):
    settings.AUTHENTICATION_BACKENDS = [backend]
    login = {USERNAME_FIELD: TYPED, "password": DECOMPOSED, NAME: "Ada"}
    succeed(Client(), "POST", "auth/register/", **login)
    user = get_user_model().objects.get()
    user.is_staff = True
    user.save()
    is_typed_only = backend == BACKENDS[0] and not issubclass(type(user), AbstractEmailUser)
    for password in (normalize("NFC", DECOMPOSED), DECOMPOSED):
        client = Client()
        succeed(client, "POST", "auth/login/", **login | {"password": password})
        new = {"old_password": password, "new_password": DECOMPOSED}
        succeed(client, "POST", "users/me/password/", **new)
        form = {"username": user.get_username(), "password": password}
        refused = password == DECOMPOSED and is_typed_only
        assert Client().post(reverse("admin:login"), form).status_code == (200 if refused else 302)


def assert_refused(name):
    answer = send(Client(), "POST", "auth/register/", **{USERNAME_FIELD: name}, password=PASSWORD)
    assert (answer[0], list(answer[1])) == (400, [USERNAME_FIELD])


def test_login_name__is_taken_once(ada):
    for name in (TYPED, TYPED_AGAIN):
        assert_refused(name)


@pytest.mark.parametrize("name", ["\ufdfa" * 100, "a\u2100b@site.example", "a\0b", "x" * 300])
def test_login_name_that_cannot_be_stored__is_400(db, name):
    assert_refused(f"ada@{name}.example" if USERNAME_FIELD == "email" else name)


def test_profile__is_edited(ada):
    last = "last_name" if NAME == "first_name" else NAME
    shown = succeed(ada, "PATCH", "users/me/", **{last: "Lovelace"}, is_staff=True)

    assert shown == succeed(ada, "GET", "users/me/")
    first = {"first_name": "Ada"} if last != NAME else {}
    assert shown == shown | first | {last: "Lovelace", "is_staff": False}


def test_avatar__is_put_shown_and_removed(ada):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    photo = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(photo, "JPEG", exif=exif)
    photo.name = "me.jpg"
    photo.seek(0)
    body = encode_multipart(BOUNDARY, {"avatar": photo})

    response = ada.put("/api/users/me/avatar/", body, content_type=MULTIPART_CONTENT)

    assert response.status_code == 200, response.content
    url = response.json()["avatar_url"]
    image = Image.open(io.BytesIO(ada.get(url).getvalue()))
    assert (image.size, dict(image.getexif())) == ((150, 200), {})
    succeed(ada, "DELETE", "users/me/avatar/")
    assert ada.get(url).status_code == 404


def test_users_and_organizations__are_listed_with_each_other(ada):
    name = "babbage@site.example" if USERNAME_FIELD == "email" else "babbage"
    register(Client(), name, **{NAME: "Charles"})
    made = succeed(ada, "POST", "organizations/", name="Engines")
    join(
        get_organization_model().objects.get(),
        get_user_model().objects.get(**{NAME: "Charles"}),
        "viewer",
    )

    users = succeed(ada, "GET", "users/")["results"]
    organizations = succeed(ada, "GET", "organizations/?expand=members")["results"]

    engines = {"id": made["id"], "name": "Engines"}
    assert {user[NAME]: user["organizations"] for user in users} == {
        "Ada": [engines | {"role": "admin"}],
        "Charles": [engines | {"role": "viewer"}],
    }
    assert [organization["id"] for organization in organizations] == [made["id"]]
    assert [(member["name"], member["role"]) for member in organizations[0]["members"]] == [
        ("Ada", "admin"),
        ("Charles", "viewer"),
    ]


def test_logout__ends_session_and_refresh_token(ada):
    pair = log_in(Client(), TYPED_AGAIN, "token/")

    succeed(ada, "POST", "auth/logout/")
    succeed(Client(), "POST", "token/blacklist/", refresh=pair["refresh"])

    assert ada.get("/api/users/me/").status_code == 401
    for path in ("/api/token/refresh/", "/api/token/blacklist/"):
        response = Client().post(path, {"refresh": pair["refresh"]})
        assert response.status_code == 401


def test_changed_password__ends_the_other_session(ada):
    other = Client()
    log_in(other, TYPED)

    succeed(ada, "POST", "users/me/password/", old_password=PASSWORD, new_password="Another 1!")

    assert ada.get("/api/users/me/").status_code == 200
    assert other.get("/api/users/me/").status_code == 401


def test_account__is_removed(ada):
    succeed(ada, "DELETE", "users/me/")

    assert ada.get("/api/users/me/").status_code == 401
    assert not get_user_model().objects.exists()
