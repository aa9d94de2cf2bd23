"""The page of e-mail users, with their memberships in line."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.models import AbstractOrganization, Membership, Role
from org_files.organizations import change_role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.admin.conftest import staff
from tests.admin.pages import (
    LAST_ADMIN,
    NEW,
    delete,
    delete_selected,
    formset_errors,
    messages_of,
    rows,
    text_of,
    url,
)

PASSWORD = "Correct horse 9 battery!"


def form(user: Any, *changes: Any, **fields: str) -> dict[str, Any]:
    """Return what the page of ``user`` sends."""
    names = ("email", "first_name", "last_name", "phone")
    marks = {
        name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)
    }
    return {name: getattr(user, name) for name in names} | marks | rows(*changes) | fields


def save(browser: Client, user: Any, *changes: Any, **fields: str) -> Any:
    return browser.post(url(user), form(user, *changes, **fields))


def test_new_user__is_asked_for_the_login_alone(browser: Client) -> None:
    page = text_of(browser.get(url(get_user_model(), "add")))
    assert "memberships-" not in page

    data = {"email": "Ada@Example.com", "password1": PASSWORD, "password2": PASSWORD}
    response = browser.post(url(get_user_model(), "add"), data | {"usable_password": "true"})

    ada = get_user_model().objects.get(email="ada@example.com")
    assert response.headers["Location"] == url(ada)
    assert ada.check_password(PASSWORD)
    assert not ada.is_staff


def test_page__says_where_the_user_belongs(browser: Client, boss: Membership) -> None:
    join(make_organization("Globex"), boss.user, Role.VIEWER)

    page = text_of(browser.get(url(boss.user)))

    for name in ("Acme", "Globex"):
        assert f'value="{name}"' in page
    assert f"{url(Membership, 'changelist')}?user__exact={boss.user_id}" in page
    assert "2 memberships" in page


def test_memberships__are_added_changed_and_removed_at_once(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    old, new = make_organization("Old"), make_organization("New")
    gone = join(old, clerk.user)

    response = save(
        browser,
        clerk.user,
        (clerk, {"role": "admin"}),
        (gone, {"DELETE": "on"}),
        (NEW, {"organization": new.pk, "role": "viewer"}),
        first_name="Grace",
    )

    assert response.status_code == 302
    found = Membership.objects.filter(user=clerk.user_id)
    assert dict(found.values_list("organization", "role")) == {acme.pk: "admin", new.pk: "viewer"}
    clerk.user.refresh_from_db()
    assert clerk.user.first_name == "Grace"
    # The names of one form are not written into the memberships of another.
    assert str(Membership.objects.get(organization=new)).endswith("in New: viewer")


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"DELETE": "on"}])
def test_last_admin_of_one_organization__stays_it_and_the_form_says_why(
    browser: Client, boss: Membership, change: dict[str, str]
) -> None:
    other = join(make_organization("Globex"), boss.user)

    response = save(browser, boss.user, (boss, change), (other, {"role": "admin"}))

    assert formset_errors(response) == [LAST_ADMIN]
    assert LAST_ADMIN in text_of(response)
    boss.refresh_from_db()
    other.refresh_from_db()
    assert (boss.role, other.role) == ("admin", "member")


def test_one_of_two_admins__may_go(browser: Client, boss: Membership, clerk: Membership) -> None:
    change_role(membership=clerk, role=Role.ADMIN)

    assert save(browser, boss.user, (boss, {"DELETE": "on"})).status_code == 302
    assert [*Membership.objects.all()] == [clerk]


def test_account__is_removed_and_its_files_stay(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    file = make_file(acme, clerk.user)

    assert delete(browser, clerk.user).status_code == 302

    file.refresh_from_db()
    assert (file.organization, file.owner) == (acme, None)
    assert [*Membership.objects.all()] == [boss]


@pytest.mark.parametrize("selected", [False, True])
def test_account_of_a_last_admin__stays_and_the_page_says_why(
    browser: Client, boss: Membership, clerk: Membership, selected: bool
) -> None:
    other = make_user("aaa")
    before = get_user_model().objects.count()

    response = (
        delete_selected(browser, other, boss.user) if selected else delete(browser, boss.user)
    )

    assert (response.status_code, messages_of(response)) == (302, [LAST_ADMIN])
    assert LAST_ADMIN in text_of(browser.get(response.headers["Location"]))
    assert get_user_model().objects.count() == before
    assert not LogEntry.objects.exists()


def test_account_of_the_only_member__is_removed(browser: Client, boss: Membership) -> None:
    assert delete_selected(browser, boss.user, make_user()).status_code == 302
    assert get_user_model().objects.count() == 1


def user_manager(*permissions: str) -> Client:
    return staff("view_user", "change_user", "delete_user", "delete_membership", *permissions)


def test_staff_who_are_no_superusers__give_nobody_privileges(db: None) -> None:
    browser = user_manager()
    user = get_user_model().objects.get()
    permission = Permission.objects.get(codename="add_user")

    for target in (make_user("other"), user):
        data = form(target, is_superuser="on", is_staff="on", first_name="New")
        response = browser.post(url(target), data | {"user_permissions": [permission.pk]})

        assert response.status_code == 302
        was_staff = target.is_staff
        target.refresh_from_db()
        assert (target.first_name, target.is_staff) == ("New", was_staff)
        assert not target.is_superuser
        assert not target.user_permissions.filter(pk=permission.pk).exists()


def test_staff_who_are_no_superusers__do_not_change_superusers(root: Any) -> None:
    browser = user_manager()
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    data = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    assert browser.post(url(root), form(root, email="mine@example.com")).status_code == 403
    assert browser.post(password, data).status_code == 403
    assert delete(browser, root).status_code == 403
    refused = delete_selected(browser, make_user(), root)
    assert refused.status_code == 403

    again = get_user_model().objects.get(pk=root.pk)
    assert (again.email, again.password) == (root.email, root.password)
    assert get_user_model().objects.count() == 3
    # What they see of a superuser, they see without a form.
    assert browser.get(url(root)).status_code == 200


def test_superuser__makes_others(browser: Client) -> None:
    user = make_user()

    assert save(browser, user, is_staff="on", is_superuser="on").status_code == 302
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, True)


@pytest.mark.parametrize("usable", [True, False])
def test_password_given_by_an_administrator__ends_the_tokens_of_the_user(
    browser: Client, usable: bool
) -> None:
    user = make_user(password="An old one 1!")
    refresh = str(RefreshToken.for_user(user))
    theirs = Client()
    theirs.force_login(user)
    data: dict[str, Any] = {"usable_password": "true" if usable else "false"}
    data |= {"password1": PASSWORD, "password2": PASSWORD} if usable else {"unset-password": "1"}

    response = browser.post(reverse("admin:auth_user_password_change", args=[user.pk]), data)

    assert response.status_code == 302, text_of(response)
    user.refresh_from_db()
    assert user.has_usable_password() == usable
    assert user.check_password(PASSWORD) == usable
    spent = Client().post("/api/token/refresh/", {"refresh": refresh})
    assert spent.status_code == 401
    assert theirs.get("/api/users/me/").status_code == 401
    # Who gave it stays logged in.
    assert browser.get(url(user)).status_code == 200


def test_list__is_searched_by_name(browser: Client) -> None:
    user = make_user(first_name="Grace", last_name="Hopper")

    page = browser.get(url(get_user_model(), "changelist"), {"q": "hopper"})

    assert [*page.context["cl"].result_list] == [user]
