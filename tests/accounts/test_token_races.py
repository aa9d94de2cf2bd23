"""One refresh token, spent by many at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.testing.factories import make_user
from org_files.testing.threads import at_once

REFRESH = "/api/token/refresh/"


BLACKLIST = "/api/token/blacklist/"


def post(path: str, **body: Any) -> Any:
    return Client().post(path, body, content_type="application/json")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [REFRESH, BLACKLIST])
def test_one_token_at_once__is_spent_once(path: str) -> None:
    user = make_user()
    token = str(RefreshToken.for_user(user))

    def spend() -> int:
        return int(post(path, refresh=token).status_code)

    answers = at_once([spend] * 8)

    assert sorted(answers) == [200] + [401] * 7


@pytest.mark.django_db(transaction=True)
def test_one_token_that_the_site_has_forgotten__is_spent_once() -> None:
    user = make_user()
    token = str(RefreshToken.for_user(user))
    OutstandingToken.objects.all().delete()

    answers = at_once([lambda: int(post(REFRESH, refresh=token).status_code)] * 8)

    assert sorted(answers) == [200] + [401] * 7
