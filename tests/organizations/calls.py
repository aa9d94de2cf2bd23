"""Calls of the API, as a user or not logged in."""

import json

from django.test import Client

from org_files.models import Membership
from tests.rest.requests import bearer

ORGANIZATIONS = "organizations/"


class Answer:
    """An answer: ``status``, ``body`` as parsed, ``content`` and ``headers`` as they came."""

    def __init__(self, response):
        self.status = response.status_code
        self.content = response.content
        self.headers = dict(response.items())
        self.body = json.loads(self.content) if self.content else None

    @property
    def code(self):
        """The stable code of an error."""
        return self.body["code"]

    def __repr__(self):
        return f"{self.status} {self.content[:200]!r}"


class Caller:
    """A client that sends JSON, with the access token of `user` or without one."""

    def __init__(self, user=None):
        self.user = user
        self.client = Client(headers=bearer(user) if user is not None else None)

    def get(self, path, **parameters):
        return Answer(self.client.get(f"/api/{path}", parameters))

    def post(self, path, body=None):
        return self.send("POST", path, body)

    def patch(self, path, body=None):
        return self.send("PATCH", path, body)

    def delete(self, path):
        return Answer(self.client.delete(f"/api/{path}"))

    def send(self, method, path, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(
            method, f"/api/{path}", content, content_type="application/json"
        )
        return Answer(response)


def caller(user):
    """Return a caller who holds an access token of ``user``."""
    return Caller(user)


def anonymous():
    """Return a caller who is not logged in."""
    return Caller()


def roles(organization):
    """Return the role of each member, by the key of the user."""
    rows = Membership.objects.filter(organization=organization)
    return dict(rows.values_list("user", "role"))
