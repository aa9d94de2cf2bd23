"""Every path of accounts by every method, for programs and browsers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.accounts.urls import urlpatterns
from tests.rest.requests import CSRF_TOKEN, browser_of

PATHS = sorted(f"/api/{pattern.pattern}" for pattern in urlpatterns)
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "TRACE", "BREW")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("requester", ["superuser", "user", None])
def test_every_method__is_answered_in_json_or_in_html(
    request: Any, path: str, requester: str | None, user: Any
) -> None:
    who = request.getfixturevalue(requester) if requester else None
    path = path.replace("<str:id>", str(user.pk))

    for method in METHODS:
        for accept in ("application/json", "text/html"):
            client = browser_of(who) if who else Client()
            response = client.generic(
                method, path, headers={"Accept": accept, "X-CSRFToken": CSRF_TOKEN}
            )
            assert response.status_code < 500, method
            if response.content:
                assert response.headers["Content-Type"].split(";")[0] in (
                    "application/json",
                    accept,
                )
            if response.status_code == 401:
                assert response.headers["WWW-Authenticate"]
