"""Downloads by access tokens: the statement that counts also reads the user.

The same answers on each database: where the statement finds nothing, the request is authenticated.
"""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAdminUser
from rest_framework.throttling import UserRateThrottle
from rest_framework_simplejwt import authentication as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from org_files.models import Download, Membership
from org_files.rest.base import BaseView
from org_files.signals import file_downloaded
from org_files.testing.factories import make_stored_file, make_user
from tests.rest.test_login_needed import JWT, SESSION, TOKEN, authenticate_by

HERE = "tests.rest.test_claims"


class InFront(BaseAuthentication):
    """A site's own authenticator, which knows a user, refuses or passes."""

    answer = None

    def authenticate(self, request):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Narrower(simplejwt.JWTAuthentication):
    """A site's own subclass, which refuses each user."""

    def get_user(self, validated_token):
        raise AuthenticationFailed


class Once(UserRateThrottle):
    rate = "1/day"


@pytest.fixture
def url(organization):
    return f"/api/files/{make_stored_file(organization).public_id}/content/"


@pytest.fixture
def member(organization_member):
    return organization_member


def by_access_token(user):
    return f"Bearer {AccessToken.for_user(user)}"


def by_token(user):
    return f"Token {Token.objects.get_or_create(user=user)[0].key}"


def get(url, authorization, client=None):
    """Return the answer, read to its end."""
    response = (client or Client()).get(url, headers={"Authorization": authorization})
    response.getvalue()
    return response


def counted():
    return [row.user_id for row in Download.objects.order_by("pk")]


def refuse(*args, **kwargs):
    raise AuthenticationFailed


def disabled(user):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def deleted(user):
    user.delete()


def foreign(user):
    Membership.objects.filter(user=user).delete()


def logged_out(user):
    Token.objects.filter(user=user).delete()


@pytest.mark.parametrize(
    ("authorization", "change", "status"),
    [
        (by_access_token, disabled, 401),
        (by_access_token, deleted, 401),
        (by_access_token, foreign, 404),
        (by_token, disabled, 401),
        (by_token, deleted, 401),
        (by_token, foreign, 404),
        (by_token, logged_out, 401),
    ],
)
def test_download__is_one_statement_until_the_user_is_refused(
    url, member, authorization, change, status
):
    header = authorization(member)
    with CaptureQueriesContext(connection) as captured:
        assert get(url, header).status_code == 200
    assert len(captured) == 1 or connection.vendor != "postgresql"
    assert counted() == [member.pk]

    change(member)
    assert get(url, header).status_code == status
    # Who asks is told before what is wrong.
    for asked, code in ((f"{url}?disposition=odd", 400), ("/api/files/odd/content/", 404)):
        assert get(asked, header).status_code == (code if status == 404 else status)
    assert len(counted()) == 1


def test_rights__are_those_of_the_moment(url, member, operator):
    of_member, of_operator = by_access_token(member), by_access_token(operator)
    assert get(url, of_operator).status_code == get(url, of_member).status_code == 200
    assert counted() == [operator.pk, member.pk]

    Membership.objects.filter(user=member).delete()
    get_user_model().objects.filter(pk=operator.pk).update(is_staff=False)

    assert get(url, of_operator).status_code == get(url, of_member).status_code == 404
    assert len(counted()) == 2


def test_credentials_that_are_not_valid__are_401(url, member):
    access, expired, nobody = (AccessToken.for_user(member) for _ in range(3))
    expired.set_exp(lifetime=-timedelta(seconds=1))
    nobody["user_id"] = "a name"
    forged = TokenBackend("HS256", "another-key-with-more-than-thirty-two-bytes")
    unsigned = str(access).rpartition(".")[0]
    tokens = [RefreshToken.for_user(member), expired, nobody, unsigned]
    tokens.append(forged.encode(access.payload))
    token = by_token(member)

    for header in (*(f"Bearer {each}" for each in tokens), "Bearer", f"Bearer {access} x"):
        assert get(url, header).status_code == 401, header
    for header in (f"{token}x", "Token", f"{token} x", "Token \0", "Token é"):
        assert get(url, header).status_code == 401, header
    assert counted() == []
    # Schemes have no case.
    for header in (f"bearer {access}", token.lower().replace("token", "toKEN")):
        assert get(url, header).status_code == 200, header


def test_token_that_the_password_revokes__is_401(url, member, monkeypatch):
    monkeypatch.setattr(simplejwt.api_settings, "CHECK_REVOKE_TOKEN", True)
    header = by_access_token(member)
    assert get(url, header).status_code == 200
    member.set_password("another-password")
    member.save()

    assert get(url, header).status_code == 401
    assert len(counted()) == 1


def test_user_who_is_found_by_another_field__is_asked_for_by_it(url, member, monkeypatch):
    monkeypatch.setattr(simplejwt.api_settings, "USER_ID_FIELD", "last_name")
    type(member).objects.filter(pk=member.pk).update(last_name=str(make_user().pk))
    member.refresh_from_db()

    assert get(url, by_access_token(member)).status_code == 200
    assert counted() == [member.pk]


def test_authenticator_of_the_site_in_front__decides(url, member, operator, settings, monkeypatch):
    authenticate_by(settings, f"{HERE}.InFront", JWT)
    header = by_access_token(member)

    for answer, status in (
        (AuthenticationFailed(), 401),
        ((make_user(), None), 404),
        ((operator, None), 200),
        (None, 200),
    ):
        monkeypatch.setattr(InFront, "answer", answer)
        assert get(url, header).status_code == status
    assert counted() == [operator.pk, member.pk]


def test_subclass_of_the_authenticator__decides(url, member, settings):
    for classes in ([f"{HERE}.Narrower"], [f"{HERE}.Narrower", JWT]):
        authenticate_by(settings, *classes)
        assert get(url, by_access_token(member)).status_code == 401
    assert counted() == []


@pytest.mark.parametrize(
    ("cls", "name", "authorization"),
    [
        (simplejwt.JWTAuthentication, "get_user", by_access_token),
        (simplejwt.JWTAuthentication, "authenticate", by_access_token),
        (TokenAuthentication, "authenticate_credentials", by_token),
    ],
)
def test_authenticator_that_the_site_has_patched__decides(
    url, member, monkeypatch, cls, name, authorization
):
    monkeypatch.setattr(cls, name, refuse)
    assert get(url, authorization(member)).status_code == 401
    assert counted() == []


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "text/plain; charset=utf-7"}, 415),
    ],
)
def test_header_of_a_body__is_refused_as_by_other_views(url, member, header, status):
    headers = {"Authorization": by_access_token(member), **header}
    assert Client().get(url, headers=headers).status_code == status
    assert counted() == []


def test_permission_that_the_site_has_patched_in__decides(url, member, monkeypatch):
    monkeypatch.setattr(BaseView, "permission_classes", (IsAdminUser,))
    assert get(url, by_access_token(member)).status_code == 403
    assert counted() == []


def test_authenticator_that_takes_a_token__takes_it_after_any_blank(
    url, member, settings, monkeypatch
):
    """Another authenticator of the same scheme is not asked, even if it would take it."""
    monkeypatch.setattr(simplejwt, "AUTH_HEADER_TYPE_BYTES", {b"Token"})
    authenticate_by(settings, TOKEN, JWT)
    for blank in " ", "\t", "  ":
        header = f"Token{blank}{AccessToken.for_user(member)}"
        assert get(url, header).status_code == 401
        assert get(url, by_token(member).replace(" ", blank)).status_code == 200


def test_package_of_access_tokens__asks_nothing_else_of_a_user():
    """What ``get_user`` asks the statement asks, too. A later version may ask for more."""
    names = simplejwt.JWTAuthentication.get_user.__code__.co_names
    assert {name for name in names if name.isupper()} == {
        *("USER_ID_CLAIM", "USER_ID_FIELD", "CHECK_USER_IS_ACTIVE"),
        *("CHECK_REVOKE_TOKEN", "REVOKE_TOKEN_CLAIM"),
    }


def test_session__goes_before_a_token_where_the_site_says_so(url, member, outsider, settings):
    client = Client()
    client.force_login(outsider)
    for first, status in ((JWT, 200), (SESSION, 404)):
        authenticate_by(settings, first, *{JWT, SESSION, TOKEN} - {first})
        assert get(url, by_access_token(member), client).status_code == status
    assert counted() == [member.pk]


def test_throttle_of_the_site__refuses_without_a_count(url, member, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_CLASSES": [f"{HERE}.Once"]
    }
    header = by_access_token(member)

    assert [get(url, header).status_code for _ in range(2)] == [200, 429]
    assert len(counted()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("authorization", [by_access_token, by_token])
def test_receivers_and_middleware__are_given_user_and_token(url, member, authorization):
    users, header = [], authorization(member)

    def receive(user, **kwargs):
        users.append(user)

    file_downloaded.connect(receive)
    try:
        request = get(url, header).wsgi_request
    finally:
        file_downloaded.disconnect(receive)

    assert [user.email for user in (*users, request.user)] == [member.email] * 2
    assert str(request.auth) in header
