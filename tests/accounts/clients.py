"""Requests to accounts, and who makes them."""

import json

from django.test import Client
from rest_framework.authtoken.models import Token

from tests.rest.requests import signed_in

REGISTER, LOGIN, LOGOUT = "/api/auth/register/", "/api/auth/login/", "/api/auth/logout/"
TOKEN, REFRESH, BLACKLIST = "/api/token/", "/api/token/refresh/", "/api/token/blacklist/"
ME, CHANGE_PASSWORD, AVATAR = "/api/users/me/", "/api/users/me/password/", "/api/users/me/avatar/"
USERS = "/api/users/"

#: Fields that no user may choose.
PRIVILEGES = {
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "id": 4711471147,
    "date_joined": "2001-01-01T00:00:00Z",
    "groups": [1],
    "user_permissions": [1],
    "avatar_url": "https://evil.example/",
    "__class__": "x",
}

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "Tr0ub4dor & 3"


def call(path, *, by=None, method="POST", **body):
    """Send ``body`` as JSON, lone surrogates escaped and all."""
    return (by or Client()).generic(
        method, path, json.dumps(body).encode(), content_type="application/json"
    )


def session_of(user, password=PASSWORD):
    """Return a client that has logged in."""
    client = Client()
    response = call(LOGIN, by=client, email=user.email, password=password)
    assert response.status_code == 200, response.content
    return client


def token_of(user):
    """Return a client with a key of Django REST framework's own tokens."""
    key = Token.objects.get_or_create(user=user)[0].key
    return Client(headers={"Authorization": f"Token {key}"})


def pair_for(user, password=PASSWORD):
    """Return an access and a refresh token."""
    response = call(TOKEN, email=user.email, password=password)
    assert response.status_code == 200, response.content
    return dict(response.json())


#: Every way of being logged in.
CLIENTS = {"session": session_of, "jwt": signed_in, "token": token_of}
