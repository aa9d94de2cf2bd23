"""The members of an organization, in line on its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files import organizations
from org_files.admin import organizations as membership_pages
from org_files.models import AbstractOrganization, Membership, Role, Subscription
from org_files.testing.factories import join, make_organization, make_user
from tests.admin.conftest import staff
from tests.admin.pages import (
    LAST_ADMIN,
    NEW,
    formset_errors,
    messages_of,
    save_organization,
    subscription,
    text_of,
    url,
)
from tests.organizations.calls import roles


def test_page__says_who_the_members_are(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    page = text_of(browser.get(url(acme)))

    for membership in (boss, clerk):
        assert f'value="{membership.user.email}"' in page
    assert "2 memberships" in page
    link = f"{url(Membership, 'changelist')}?organization__exact={acme.pk}"
    assert f'href="{link}"' in page
    other = join(make_organization("Globex"), make_user("other"))
    found = browser.get(link).context["cl"].result_list
    assert {*found} == {boss, clerk}
    assert other not in found


def test_members__are_added_changed_and_removed_at_once(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    new, viewer = make_user("new"), join(acme, make_user("viewer"), Role.VIEWER)

    response = save_organization(
        browser,
        acme,
        (boss, {}),
        (clerk, {"DELETE": "on"}),
        (viewer, {"role": "member"}),
        (NEW, {"user": new.pk, "role": "viewer"}),
        name="Renamed",
    )

    assert response.status_code == 302
    acme.refresh_from_db()
    assert acme.name == "Renamed"
    assert roles(acme) == {boss.user_id: "admin", viewer.user_id: "member", new.pk: "viewer"}
    said = LogEntry.objects.get().get_change_message()
    for word in ("Added", "Changed Role", "Deleted"):
        assert word in said


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"role": "member"}, {"DELETE": "on"}])
@pytest.mark.parametrize("with_others", [True, False])
def test_last_admin__stays_and_the_form_says_why(
    browser: Client,
    acme: AbstractOrganization,
    boss: Membership,
    clerk: Membership,
    change: dict[str, str],
    with_others: bool,
) -> None:
    if not with_others:
        clerk.delete()

    response = save_organization(browser, acme, (boss, change), name="Renamed")

    assert formset_errors(response) == [LAST_ADMIN]
    assert LAST_ADMIN in text_of(response)
    assert roles(acme)[boss.user_id] == "admin"
    acme.refresh_from_db()
    assert acme.name == "Acme"


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"DELETE": "on"}])
def test_admin__is_replaced_in_one_go_by_a_member_or_by_somebody_new(
    browser: Client,
    acme: AbstractOrganization,
    boss: Membership,
    clerk: Membership,
    change: dict[str, str],
) -> None:
    # The old one comes first in the form, and the new one after.
    assert (
        save_organization(browser, acme, (boss, change), (clerk, {"role": "admin"})).status_code
        == 302
    )
    assert roles(acme)[clerk.user_id] == "admin"
    assert roles(acme).get(boss.user_id) == change.get("role")

    clerk.refresh_from_db()
    new = make_user("new")
    response = save_organization(
        browser, acme, (clerk, {"DELETE": "on"}), (NEW, {"user": new.pk, "role": "admin"})
    )

    assert response.status_code == 302
    assert (roles(acme)[new.pk], clerk.user_id in roles(acme)) == ("admin", False)


def test_all_admins_at_once__do_not_go(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    second = join(acme, make_user(), Role.ADMIN)

    for changes in (
        ((boss, {"role": "viewer"}), (second, {"DELETE": "on"})),
        ((boss, {"DELETE": "on"}), (second, {"DELETE": "on"}), (clerk, {"DELETE": "on"})),
        ((boss, {"role": "viewer"}), (second, {"role": "admin", "DELETE": "on"})),
        ((boss, {"role": "viewer"}), (second, {"role": "member"}), (clerk, {"role": "viewer"})),
    ):
        assert formset_errors(save_organization(browser, acme, *changes)) == [LAST_ADMIN]
    assert sorted(roles(acme).values()) == ["admin", "admin", "member"]
    assert (
        save_organization(browser, acme, (boss, {"role": "viewer"}), (second, {})).status_code
        == 302
    )


def test_promotion_that_is_deleted_in_the_same_form__does_not_count(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    changes = ((boss, {"role": "viewer"}), (clerk, {"role": "admin", "DELETE": "on"}))

    assert formset_errors(save_organization(browser, acme, *changes)) == [LAST_ADMIN]


def test_user_of_a_membership__does_not_change(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    other = make_user("other")

    response = save_organization(
        browser, acme, (boss, {"user": other.pk}), (clerk, {"user": boss.user_id})
    )

    assert response.status_code == 302
    assert roles(acme) == {boss.user_id: "admin", clerk.user_id: "member"}


def test_member__is_not_added_twice(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    new = make_user("new")
    for changes in (
        ((boss, {}), (NEW, {"user": boss.user_id, "role": "viewer"})),
        ((NEW, {"user": new.pk, "role": "viewer"}), (NEW, {"user": new.pk, "role": "admin"})),
    ):
        response = save_organization(browser, acme, *changes)
        assert response.status_code == 200
        assert "Please correct" in text_of(response)
    again = ((boss, {"DELETE": "on"}), (NEW, {"user": boss.user_id, "role": "admin"}))
    refused = save_organization(browser, acme, *again)
    # A message or an error of the form, as the version of Django has it.
    assert "already" in " ".join([*messages_of(refused), text_of(refused)])
    assert roles(acme) == {boss.user_id: "admin"}


@pytest.mark.parametrize("user", ["0", ""])
def test_user_that_there_is_not__is_an_error_of_the_form(
    browser: Client, acme: AbstractOrganization, boss: Membership, user: str
) -> None:
    response = save_organization(browser, acme, (boss, {}), (NEW, {"user": user, "role": "viewer"}))

    assert response.status_code == 200
    assert roles(acme) == {boss.user_id: "admin"}


def test_membership_of_another_organization__is_not_changed_from_here(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    other = join(make_organization("Globex"), make_user(), Role.ADMIN)

    save_organization(browser, acme, (other, {"DELETE": "on"}))
    save_organization(browser, acme, (other, {"role": "viewer"}))

    other.refresh_from_db()
    assert other.role == "admin"


def test_last_admin_by_the_time_it_is_saved__is_told_of_and_nothing_is_saved(
    browser: Client,
    acme: AbstractOrganization,
    boss: Membership,
    clerk: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Membership.objects.filter(pk=clerk.pk).update(role=Role.ADMIN)
    clerk.refresh_from_db()

    def remove_afterwards(**values: Any) -> Any:
        Membership.objects.filter(pk=clerk.pk).update(role=Role.VIEWER)
        return organizations.remove_member(**values)

    monkeypatch.setattr(membership_pages, "remove_member", remove_afterwards)

    response = save_organization(
        browser, acme, (boss, {"DELETE": "on"}), (clerk, {}), name="Renamed"
    )

    assert messages_of(response) == [LAST_ADMIN]
    acme.refresh_from_db()
    assert (acme.name, roles(acme)[boss.user_id]) == ("Acme", "admin")


def test_page_of_many_members__asks_as_often_as_that_of_one(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(url(acme)).status_code == 200
        return len(context.captured_queries)

    asked()  # for content types, which are looked up once in a process
    few = asked()
    for _ in range(60):
        join(acme, make_user())

    assert asked() == few


def in_line(page: Any) -> list[Any]:
    return [inline.formset.model for inline in page.context["inline_admin_formsets"]]


def test_more_members_than_a_form_can_send__are_on_a_page_of_their_own(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    for _ in range(99):
        join(acme, make_user())
    members = list(Membership.objects.order_by("pk"))
    assert in_line(browser.get(url(acme))) == [Subscription, Membership]
    # All at once is no more than the site takes.
    changes = [(row, {"role": "viewer"} if row != boss else {}) for row in members]
    assert save_organization(browser, acme, *changes).status_code == 302
    assert sorted(roles(acme).values()).count("viewer") == 99

    join(acme, make_user())
    page = browser.get(url(acme))

    assert in_line(page) == [Subscription]
    assert "101 memberships" in text_of(page)
    response = browser.post(url(acme), {"name": "Renamed", "description": ""} | subscription())
    assert response.status_code == 302
    assert Membership.objects.count() == 101


def test_staff_who_may_not_change_memberships__see_them(
    acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    browser = staff("change_organization", "view_membership")

    page = text_of(browser.get(url(acme)))
    response = save_organization(
        browser, acme, (boss, {}), (clerk, {"role": "admin"}), name="Renamed"
    )

    assert clerk.user.email in page
    assert response.status_code == 302
    acme.refresh_from_db()
    assert (acme.name, roles(acme)[clerk.user_id]) == ("Renamed", "member")
