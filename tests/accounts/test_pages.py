"""Every path of accounts by every method, as browsers call it."""

import pytest
from django.test import Client

from org_files.accounts.urls import urlpatterns
from tests.rest.requests import CSRF_TOKEN, browser_of

PATHS = sorted(f"/api/{pattern.pattern}" for pattern in urlpatterns)
METHODS = ("GET", "OPTIONS", "POST", "PUT", "PATCH", "BREW")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("requester", ["superuser", None])
def test_every_method__is_answered_without_a_server_error(request, path, requester, user):
    who = request.getfixturevalue(requester) if requester else None
    path = path.replace("<str:id>", str(user.pk))

    for method in METHODS:
        client = browser_of(who) if who else Client()
        headers = {"Accept": "text/html", "X-CSRFToken": CSRF_TOKEN}
        response = client.generic(method, path, headers=headers)
        assert response.status_code < 500, method
        if response.content:
            content_type = response.headers["Content-Type"].split(";")[0]
            assert content_type in ("application/json", "text/html")
        if response.status_code == 401:
            assert response.headers["WWW-Authenticate"]
