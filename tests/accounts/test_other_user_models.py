"""Accounts over user models that are not ours; tests/hosts runs whole sites of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User as StockUser

from org_files.accounts import serializers


class Bare:
    """A model with nothing but a name to log in by."""

    USERNAME_FIELD = "nick"

    class _meta:  # noqa: N801
        @staticmethod
        def get_field(name: str) -> Any:
            return AbstractBaseUser._meta.get_field(name)


@pytest.mark.parametrize(
    ("model", "login", "shown"),
    [
        (StockUser, "username", ["username", "first_name", "last_name"]),
        (Bare, "nick", ["nick"]),
    ],
)
def test_fields__are_those_that_the_model_has(
    monkeypatch: pytest.MonkeyPatch, model: Any, login: str, shown: list[str]
) -> None:
    monkeypatch.setattr(serializers, "get_user_model", lambda: model)

    assert serializers.login_field() == login
    assert serializers._fields() == shown
    assert list(serializers.CredentialsSerializer().get_fields()) == [login, "password"]


def test_user_without_a_mark_of_staff__is_shown_as_none() -> None:
    unmarked = SimpleNamespace()

    assert serializers.UserSerializer().get_is_staff(unmarked) is False
