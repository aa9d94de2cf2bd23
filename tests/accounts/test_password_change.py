"""POST users/me/password/."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.testing.factories import make_user
from tests.accounts import clients as api
from tests.accounts.clients import NEW_PASSWORD, PASSWORD, call, pair_for, session_of, token_of
from tests.rest.requests import signed_in


def change(client, old=PASSWORD, new=NEW_PASSWORD):
    return call(api.CHANGE_PASSWORD, by=client, old_password=old, new_password=new)


def test_new_password__logs_in_and_the_old_one_does_not(user, client):
    response = change(client)

    assert (response.status_code, response.content) == (204, b"")
    for path, refused in ((api.LOGIN, 400), (api.TOKEN, 401)):
        assert call(path, email=user.email, password=PASSWORD).status_code == refused
        assert call(path, email=user.email, password=NEW_PASSWORD).status_code == 200


def test_other_sessions__end_and_the_own_one_gets_another_key(user):
    own, other, stolen = session_of(user), session_of(user), Client()
    stolen.cookies["sessionid"] = own.cookies["sessionid"].value

    assert change(own).status_code == 204

    assert [client.get(api.ME).status_code for client in (own, other, stolen)] == [200, 401, 401]
    # The session goes on: its user changes the password again.
    assert change(own, NEW_PASSWORD, PASSWORD).status_code == 204


def test_refresh_tokens_and_keys__end_for_this_user_alone(user):
    spent, pair = pair_for(user), pair_for(user)
    rotated = call(api.REFRESH, refresh=spent["refresh"]).json()
    issued_by_the_site = str(RefreshToken.for_user(user))
    client, other = token_of(user), make_user(password=PASSWORD)
    others, pair_of_other = [session_of(other), token_of(other)], pair_for(other)

    assert change(client).status_code == 204

    for token in (pair["refresh"], rotated["refresh"], issued_by_the_site):
        assert call(api.REFRESH, refresh=token).status_code == 401
        assert call(api.BLACKLIST, refresh=token).status_code == 401
    assert BlacklistedToken.objects.count() == 4
    assert client.get(api.ME).status_code == 401
    assert not Token.objects.filter(user=user).exists()
    assert call(api.REFRESH, refresh=pair_for(user, NEW_PASSWORD)["refresh"]).status_code == 200
    assert [client.get(api.ME).status_code for client in others] == [200, 200]
    assert call(api.REFRESH, refresh=pair_of_other["refresh"]).status_code == 200


def test_wrong_old_password__is_400_and_ends_nothing(user):
    own, other, pair = session_of(user), session_of(user), pair_for(user)

    response = change(own, f"{PASSWORD} ")

    assert (response.status_code, list(response.json())) == (400, ["old_password"])
    assert (own.get(api.ME).status_code, other.get(api.ME).status_code) == (200, 200)
    assert call(api.REFRESH, refresh=pair["refresh"]).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_user_without_a_password__cannot_set_one(db):
    user = make_user()

    assert list(change(signed_in(user), user.password).json()) == ["old_password"]
    assert not type(user).objects.get().has_usable_password()


class NewHasher(PBKDF2PasswordHasher):
    """A new default of the site, made fast."""

    algorithm = "new"
    iterations = 1


def test_password_with_an_old_hash__is_changed(user, settings):
    # The check of the old password writes its new hash.
    settings.PASSWORD_HASHERS = [f"{__name__}.NewHasher", *settings.PASSWORD_HASHERS]
    client = Client()
    client.force_login(user)

    assert change(client).status_code == 204

    assert client.get(api.ME).status_code == 200
    assert type(user).objects.get().check_password(NEW_PASSWORD)


def test_passwords__are_required_and_limited(client):
    for body in ({}, {"old_password": None, "new_password": "x" * 1025}):
        errors = call(api.CHANGE_PASSWORD, by=client, **body).json()
        assert set(errors) == {"old_password", "new_password"}
