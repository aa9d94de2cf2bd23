"""The page of memberships: it keeps to the rules of the services, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files import organizations
from org_files.admin import organizations as pages
from org_files.models import AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_organization, make_user
from tests.admin.conftest import staff
from tests.admin.pages import LAST_ADMIN, delete, delete_selected, messages_of, text_of, url


def roles() -> dict[Any, str]:
    return dict(Membership.objects.values_list("pk", "role"))


def test_list__shows_who_belongs_where(
    browser: Client, boss: Membership, clerk: Membership
) -> None:
    page = text_of(browser.get(url(Membership, "changelist")))

    for membership in (boss, clerk):
        assert membership.user.email in page
    assert "Acme" in page


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("boss", {"boss"}),
        ("ACME", {"boss", "clerk"}),
        ("globex", {"other"}),
        ("Hopper", {"clerk"}),
        ("acme grace", {"clerk"}),
        ("%", set()),
        ("", {"boss", "clerk", "other"}),
    ],
)
def test_search__is_by_organization_and_by_name_of_the_user(
    browser: Client, boss: Membership, clerk: Membership, search: str, found: set[str]
) -> None:
    clerk.user.first_name, clerk.user.last_name = "Grace", "Hopper"
    clerk.user.save()
    join(make_organization("Globex"), make_user("other"))

    page = browser.get(url(Membership, "changelist"), {"q": search})

    users = {row.user.email.split("-")[0] for row in page.context["cl"].result_list}
    assert users == found


def test_filter__is_by_role(browser: Client, boss: Membership, clerk: Membership) -> None:
    page = browser.get(url(Membership, "changelist"), {"role__exact": "admin"})

    assert [*page.context["cl"].result_list] == [boss]


def test_list_of_many__asks_as_often_as_a_list_of_one(
    browser: Client, boss: Membership, acme: AbstractOrganization
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(url(Membership, "changelist")).status_code == 200
        return len(context.captured_queries)

    few = asked()
    for _ in range(30):
        join(acme, make_user())

    assert asked() == few


def test_new_membership__is_added(browser: Client, root: Any, acme: AbstractOrganization) -> None:
    user = make_user()
    data = {"user": user.pk, "organization": acme.pk, "role": "viewer"}

    response = browser.post(url(Membership, "add"), data)

    assert response.status_code == 302
    [membership] = Membership.objects.all()
    assert (membership.user, membership.organization, membership.role) == (user, acme, "viewer")
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (root, str(membership.pk))


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_member__is_not_added_twice(browser: Client, clerk: Membership, role: str) -> None:
    data = {"user": clerk.user_id, "organization": clerk.organization_id, "role": role}

    response = browser.post(url(Membership, "add"), data)

    assert response.status_code == 200
    assert "already exists" in text_of(response)
    assert roles() == {clerk.pk: "member"}


def test_member_added_twice_at_once__is_told_of(
    browser: Client, acme: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()

    def add_afterwards(**values: Any) -> Any:
        join(acme, user, Role.VIEWER)
        return organizations.add_member(**values)

    monkeypatch.setattr(pages, "add_member", add_afterwards)
    data = {"user": user.pk, "organization": acme.pk, "role": "admin"}

    response = browser.post(url(Membership, "add"), data)

    assert messages_of(response) == ["Belongs to the organization already."]
    assert response.headers["Location"] == url(Membership, "add")
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_role__is_changed(browser: Client, boss: Membership, clerk: Membership, role: str) -> None:
    response = browser.post(url(clerk), {"role": role})

    assert response.status_code == 302
    assert roles() == {boss.pk: "admin", clerk.pk: role}


def test_ends_of_a_membership__do_not_change(
    browser: Client, boss: Membership, clerk: Membership
) -> None:
    other, user = make_organization("Globex"), make_user("other")
    data = {"role": "viewer", "organization": other.pk, "user": user.pk}

    assert browser.post(url(clerk), data).status_code == 302

    clerk.refresh_from_db()
    assert (clerk.role, clerk.organization_id) == ("viewer", boss.organization_id)
    assert clerk.user != user


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_last_admin__is_not_demoted_and_the_form_says_why(
    browser: Client, boss: Membership, clerk: Membership, role: str
) -> None:
    response = browser.post(url(boss), {"role": role})

    assert response.status_code == 200
    assert response.context["adminform"].form.non_field_errors() == [LAST_ADMIN]
    assert LAST_ADMIN in text_of(response)
    assert roles() == {boss.pk: "admin", clerk.pk: "member"}
    assert not LogEntry.objects.exists()


def test_last_admin__is_saved_as_one(browser: Client, boss: Membership) -> None:
    assert browser.post(url(boss), {"role": "admin"}).status_code == 302


def test_role_that_there_is_not__is_an_error_of_the_form(browser: Client, boss: Membership) -> None:
    for role in ("king", "", "admin\0"):
        response = browser.post(url(boss), {"role": role})
        assert (response.status_code, roles()) == (200, {boss.pk: "admin"})


def test_last_admin_by_the_time_it_is_saved__is_told_of(
    browser: Client, boss: Membership, clerk: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    organizations.change_role(membership=clerk, role=Role.ADMIN)

    def change_afterwards(**values: Any) -> Any:
        Membership.objects.filter(pk=clerk.pk).update(role=Role.VIEWER)
        return organizations.change_role(**values)

    monkeypatch.setattr(pages, "change_role", change_afterwards)

    response = browser.post(url(boss), {"role": "viewer"})

    assert messages_of(response) == [LAST_ADMIN]
    assert response.headers["Location"] == url(boss)
    assert roles()[boss.pk] == "admin"


def test_membership_that_is_gone_by_the_time_it_is_saved__is_told_of(
    browser: Client, boss: Membership, clerk: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_afterwards(**values: Any) -> Any:
        Membership.objects.filter(pk=clerk.pk).delete()
        return organizations.change_role(**values)

    monkeypatch.setattr(pages, "change_role", change_afterwards)

    response = browser.post(url(clerk), {"role": "viewer"})

    assert (response.status_code, len(messages_of(response))) == (302, 1)
    assert "at the same time" in messages_of(response)[0]


def test_member__is_removed(browser: Client, boss: Membership, clerk: Membership) -> None:
    assert delete(browser, clerk).status_code == 302
    assert roles() == {boss.pk: "admin"}


def test_last_admin__is_not_removed_and_the_page_says_why(
    browser: Client, boss: Membership, clerk: Membership
) -> None:
    response = delete(browser, boss)

    assert (response.status_code, messages_of(response)) == (302, [LAST_ADMIN])
    page = browser.get(response.headers["Location"])
    assert LAST_ADMIN in text_of(page)
    assert roles() == {boss.pk: "admin", clerk.pk: "member"}
    assert not LogEntry.objects.exists()


def test_selected_members__go_all_or_none(
    browser: Client, boss: Membership, clerk: Membership, acme: AbstractOrganization
) -> None:
    second = join(acme, make_user(), Role.ADMIN)
    viewer = join(acme, make_user(), Role.VIEWER)
    everybody = roles()

    refused = delete_selected(browser, boss, clerk, second)

    assert (refused.status_code, messages_of(refused)) == (302, [LAST_ADMIN])
    assert refused.headers["Location"] == url(Membership, "changelist")
    assert roles() == everybody
    # Neither is it said of them that they went.
    assert not LogEntry.objects.exists()

    assert delete_selected(browser, boss, clerk).status_code == 302
    assert roles() == {second.pk: "admin", viewer.pk: "viewer"}


def test_choice_of_user_and_organization__is_by_search(browser: Client, clerk: Membership) -> None:
    page = text_of(browser.get(url(Membership, "add")))
    assert page.count('class="admin-autocomplete"') == 2
    for field, search in (("user", "clerk"), ("organization", "acm")):
        response = browser.get(
            "/admin/autocomplete/",
            {
                "app_label": "org_files",
                "model_name": "membership",
                "field_name": field,
                "term": search,
            },
        )
        assert [row["id"] for row in response.json()["results"]] == [
            str(getattr(clerk, f"{field}_id"))
        ]


def test_choice__takes_an_id_where_the_search_is_not_for_who_asks(
    clerk: Membership,
) -> None:
    page = text_of(staff("add_membership", "view_organization").get(url(Membership, "add")))

    assert page.count('class="admin-autocomplete"') == 1
    assert page.count("vForeignKeyRawIdAdminField") == 1


def test_staff_without_permission__see_nothing(db: None, boss: Membership) -> None:
    browser = staff()
    for path in (url(Membership, "changelist"), url(Membership, "add"), url(boss)):
        assert browser.get(path).status_code == 403
    assert staff_member_sees(boss)


def staff_member_sees(membership: Membership) -> bool:
    browser = staff("view_membership")
    assert browser.post(url(membership), {"role": "viewer"}).status_code == 403
    assert delete(browser, membership).status_code == 403
    return browser.get(url(membership)).status_code == 200
