"""The forms of the browsable API for accounts and users do what they say."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from PIL import Image

from org_files.models import AbstractOrganization
from org_files.testing.factories import make_user
from tests.rest.pages import (
    HTML,
    Forms,
    fill_in,
    forms_of,
    page_of,
    press_delete,
    send_raw,
    visitor,
)

PASSWORD = "Correct-horse-7"


def test_profile_page__changes_and_deletes(user: Any) -> None:
    browser = visitor(user)

    changed = send_raw(browser, "/api/users/me/", "PATCH", phone="+4930123456")
    assert changed.status_code == 200
    assert "+4930123456" in page_of(changed)
    refused = send_raw(browser, "/api/users/me/", "PATCH", phone="no number")
    assert refused.status_code == 400
    page_of(refused)
    deleted = press_delete(browser, "/api/users/me/")
    assert deleted.status_code == 200
    page_of(deleted)
    assert not get_user_model()._default_manager.filter(pk=user.pk).exists()
    assert browser.get("/api/users/me/", headers=HTML).status_code == 401


def test_password_form__changes(user: Any) -> None:
    user.set_password(PASSWORD)
    user.save()
    browser = visitor(user)
    path = "/api/users/me/password/"

    refused = fill_in(browser, path, old_password="x", new_password="Wrong-horse-8")
    assert refused.status_code == 400
    page_of(refused)
    changed = fill_in(browser, path, old_password=PASSWORD, new_password="Wrong-horse-8")
    assert changed.status_code == 200
    page_of(changed)
    user.refresh_from_db()
    assert user.check_password("Wrong-horse-8")
    assert browser.get("/api/users/me/", headers=HTML).status_code == 200


def test_avatar_form__takes_a_picture_and_lets_it_go(user: Any, picture: BytesIO) -> None:
    browser = visitor(user)
    path = "/api/users/me/avatar/"

    stored = fill_in(browser, path, avatar=picture)
    assert stored.status_code == 200, page_of(stored)
    assert f"/api/users/{user.pk}/avatar/" in page_of(stored)
    shown = browser.get(f"/api/users/{user.pk}/avatar/", headers=HTML)
    assert shown.status_code == 200
    assert shown.headers["Content-Type"].startswith("image/")
    assert shown.getvalue()
    refused = fill_in(browser, path, avatar=BytesIO(b"no picture"))
    assert refused.status_code == 400
    assert Forms(page_of(refused)).with_field("avatar")
    removed = press_delete(browser, path)
    assert removed.status_code == 200
    page_of(removed)


def test_user_page__lets_operators_change_and_delete(
    superuser: Any, user: Any, organization: AbstractOrganization
) -> None:
    browser = visitor(superuser)
    path = f"/api/users/{user.pk}/"

    changed = send_raw(browser, path, "PATCH", is_active=False)
    assert changed.status_code == 200
    user.refresh_from_db()
    assert not user.is_active
    page = page_of(browser.get(path, headers=HTML))
    assert "&quot;storage_paths&quot;" in page
    deleted = press_delete(browser, path)
    assert deleted.status_code == 200
    page_of(deleted)


def test_registration_form__registers_nobody_twice(db: None) -> None:
    browser = visitor()
    fields = {"email": "new@example.com", "first_name": "New", "password": PASSWORD}

    created = fill_in(browser, "/api/auth/register/", **fields)
    again = fill_in(browser, "/api/auth/register/", **fields)

    assert created.status_code == 201
    page_of(created)
    assert again.status_code == 400
    assert Forms(page_of(again)).with_field("email")
    assert get_user_model()._default_manager.count() == 1


def test_login_and_logout_pages__log_in_and_out(db: None) -> None:
    user = make_user(password=PASSWORD)
    browser = visitor()

    login = send_raw(browser, "/api/auth/login/", "POST", email=user.email, password=PASSWORD)
    assert login.status_code == 200
    page_of(login)
    assert forms_of(browser, "/api/users/me/").methods()
    logout = send_raw(browser, "/api/auth/logout/", "POST")
    assert logout.status_code == 200
    assert browser.get("/api/users/me/", headers=HTML).status_code == 401


def test_token_forms__give_and_spend(db: None) -> None:
    user = make_user(password=PASSWORD)
    browser = visitor()

    obtained = fill_in(browser, "/api/token/", email=user.email, password=PASSWORD)
    assert obtained.status_code == 200
    refresh = obtained.data["refresh"]
    refreshed = fill_in(browser, "/api/token/refresh/", refresh=refresh)
    assert refreshed.status_code == 200
    spent = fill_in(browser, "/api/token/blacklist/", refresh=refreshed.data["refresh"])
    assert spent.status_code == 200
    again = fill_in(browser, "/api/token/refresh/", refresh=refresh)
    assert again.status_code == 401
    for response in (obtained, refreshed, spent, again):
        page_of(response)


@pytest.fixture
def picture() -> BytesIO:
    """A picture that a browser would send."""
    content = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(content, "JPEG")
    content.seek(0)
    content.name = "me.jpg"
    return content
