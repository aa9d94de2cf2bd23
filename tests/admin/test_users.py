"""The page of e-mail users, with their memberships in line."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from rest_framework_simplejwt.tokens import RefreshToken

from org_files.http.encoding import FORM
from org_files.models import Membership
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.admin.conftest import browser_of, staff
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
from tests.rest.requests import BOUNDARY, closed, part

PASSWORD = "Correct horse 9 battery!"


def form(user, *changes, **fields):
    """Return what the page of ``user`` sends."""
    names = ("email", "first_name", "last_name", "phone")
    flags = ("is_active", "is_staff", "is_superuser")
    marks = {name: "on" for name in flags if getattr(user, name)}
    return {name: getattr(user, name) for name in names} | marks | rows(*changes) | fields


def save(browser, user, *changes, **fields):
    return browser.post(url(user), form(user, *changes, **fields))


def test_new_user__is_asked_for_the_login_alone(browser):
    address = url(get_user_model(), "add")
    assert "memberships-" not in text_of(browser.get(address))

    data = {"email": "Ada@Example.com", "password1": PASSWORD, "password2": PASSWORD}
    response = browser.post(address, data | {"usable_password": "true"})

    ada = get_user_model().objects.get(email="ada@example.com")
    assert response.headers["Location"] == url(ada)
    assert ada.check_password(PASSWORD)
    assert not ada.is_staff


def test_text_that_is_not_utf_8__is_refused(browser, clerk):
    """A password would be weaker by that: any other byte would do in its place."""
    name, user = "\u0410\u0434\u0430".encode("cp1251"), clerk.user
    multipart = f"multipart/form-data; boundary={BOUNDARY}"
    for page, query, body, content_type in (
        ("change", "", b"email=a%40example.com&first_name=" + name, FORM),
        ("password_change", "", b"password1=%C0%E4%E0&password2=%C0%E4%E0", FORM),
        ("change", "", closed(part("first_name", name)), multipart),
        ("changelist", "?q=%C0", b"", FORM),
    ):
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        if page != "password_change":
            address = url(user if page == "change" else type(user), page)
        response = browser.post(address + query, body, content_type=content_type)
        assert (response.status_code, b"not valid UTF-8" in response.content) == (400, True)
    assert browser.get(f"{url(type(user), 'changelist')}?q=\ufffd").status_code == 200


def test_memberships__are_added_changed_and_removed_at_once(browser, acme, boss, clerk):
    gone, new = join(make_organization("Old"), clerk.user), make_organization("New")
    changes = [
        (clerk, {"role": "admin"}),
        (gone, {"DELETE": "on"}),
        (NEW, {"organization": new.pk, "role": "viewer"}),
    ]

    page = text_of(browser.get(url(clerk.user)))
    assert 'value="Acme"' in page
    assert 'value="Old"' in page
    link = f"{url(Membership, 'changelist')}?user__exact={clerk.user_id}"
    assert f'<a href="{link}">2 memberships</a>' in page
    assert save(browser, clerk.user, *changes, first_name="Grace").status_code == 302

    members = Membership.objects.filter(user=clerk.user_id)
    assert dict(members.values_list("organization", "role")) == {acme.pk: "admin", new.pk: "viewer"}
    clerk.user.refresh_from_db()
    assert clerk.user.first_name == "Grace"
    # The names of one form are not written into the memberships of another.
    assert str(Membership.objects.get(organization=new)).endswith("in New: viewer")


def test_last_admin_of_one_organization__stays_it_and_the_form_says_why(browser, boss):
    other = join(make_organization("Globex"), boss.user)

    response = save(browser, boss.user, (boss, {"role": "viewer"}), (other, {"role": "admin"}))

    assert formset_errors(response) == [LAST_ADMIN]
    assert LAST_ADMIN in text_of(response)
    boss.refresh_from_db()
    other.refresh_from_db()
    assert (boss.role, other.role) == ("admin", "member")


def test_account__is_removed_and_its_files_stay(browser, acme, boss, clerk):
    file = make_file(acme, clerk.user)

    assert delete(browser, clerk.user).status_code == 302

    file.refresh_from_db()
    assert (file.organization, file.owner) == (acme, None)
    assert [*Membership.objects.all()] == [boss]
    # The only member is no last admin of others.
    assert delete_selected(browser, boss.user, make_user()).status_code == 302
    assert get_user_model().objects.count() == 1


def test_account_of_a_last_admin__stays_and_the_page_says_why(browser, boss, clerk):
    response = delete_selected(browser, make_user("aaa"), boss.user)

    assert (response.status_code, messages_of(response)) == (302, [LAST_ADMIN])
    assert LAST_ADMIN in text_of(browser.get(response.headers["Location"]))
    assert get_user_model().objects.count() == 4
    assert not LogEntry.objects.exists()


@pytest.fixture
def manager(db):
    """The browser of one of the staff who manages users."""
    return staff("view_user", "change_user", "delete_user", "delete_membership")


def test_staff_who_are_no_superusers__give_nobody_privileges(manager):
    permission = Permission.objects.get(codename="add_user")

    for target in (make_user("other"), get_user_model().objects.get(is_staff=True)):
        data = form(target, is_superuser="on", is_staff="on", first_name="New")
        response = manager.post(url(target), data | {"user_permissions": [permission.pk]})

        assert response.status_code == 302
        was_staff = target.is_staff
        target.refresh_from_db()
        assert (target.first_name, target.is_staff) == ("New", was_staff)
        assert not target.is_superuser
        assert not target.user_permissions.filter(pk=permission.pk).exists()


def test_staff_who_are_no_superusers__do_not_change_superusers(manager, root):
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    data = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    answers = [
        save(manager, root, email="mine@example.com"),
        manager.post(password, data),
        delete(manager, root),
        delete_selected(manager, make_user(), root),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    again = get_user_model().objects.get(pk=root.pk)
    assert (again.email, again.password) == (root.email, root.password)
    assert get_user_model().objects.count() == 3
    # What they see of a superuser, they see without a form.
    assert manager.get(url(root)).status_code == 200


@pytest.mark.parametrize("usable", [True, False])
def test_password_given_by_an_administrator__ends_the_tokens_of_the_user(browser, usable):
    user = make_user(password="An old one 1!")
    refresh, theirs = str(RefreshToken.for_user(user)), browser_of(user)
    data = {"usable_password": "true" if usable else "false"}
    data |= {"password1": PASSWORD, "password2": PASSWORD} if usable else {"unset-password": "1"}

    response = browser.post(reverse("admin:auth_user_password_change", args=[user.pk]), data)

    assert response.status_code == 302, text_of(response)
    user.refresh_from_db()
    assert user.has_usable_password() == usable
    assert user.check_password(PASSWORD) == usable
    assert Client().post("/api/token/refresh/", {"refresh": refresh}).status_code == 401
    assert theirs.get("/api/users/me/").status_code == 401
    # Who gave it stays logged in.
    assert browser.get(url(user)).status_code == 200
