"""The page of organizations, with their members in line."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import counters, get_organization_model, organizations
from org_files.admin import memberships as membership_pages
from org_files.admin import organizations as pages
from org_files.models import AbstractOrganization, Membership, Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.admin.conftest import staff
from tests.admin.pages import (
    LAST_ADMIN,
    NEW,
    delete,
    delete_selected,
    messages_of,
    rows,
    text_of,
    url,
)

NOT_EMPTY = "The organization still holds files."

FORM = {"name": "Acme", "description": ""}


def roles(organization: AbstractOrganization) -> dict[Any, str]:
    found = Membership.objects.filter(organization=organization)
    return dict(found.values_list("user", "role"))


def save(browser: Client, organization: AbstractOrganization, *changes: Any, **fields: str) -> Any:
    return browser.post(url(organization), FORM | rows(*changes) | fields)


def formset_errors(response: Any) -> list[str]:
    assert response.status_code == 200
    [inline] = response.context["inline_admin_formsets"]
    return list(inline.formset.non_form_errors())


def test_list__shows_totals_and_is_found_by_name_and_description(
    browser: Client, acme: AbstractOrganization
) -> None:
    make_organization("Globex", description="Anvils")
    counters.record_download(file=make_file(acme))

    page = browser.get(url(get_organization_model(), "changelist"), {"q": "anvil"})
    assert [row.name for row in page.context["cl"].result_list] == ["Globex"]
    page = browser.get(url(get_organization_model(), "changelist"))
    counts = {row.name: row.download_count for row in page.context["cl"].result_list}
    assert counts == {"Acme": 1, "Globex": 0}


def test_new_one__comes_with_its_members(browser: Client, db: None) -> None:
    boss, clerk = make_user("boss"), make_user("clerk")
    data = {"name": "New", "description": ""} | rows(
        (NEW, {"user": boss.pk, "role": "admin"}), (NEW, {"user": clerk.pk, "role": "viewer"})
    )

    response = browser.post(url(get_organization_model(), "add"), data)

    assert response.status_code == 302
    assert roles(get_organization_model().objects.get()) == {boss.pk: "admin", clerk.pk: "viewer"}


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

    response = save(
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

    response = save(browser, acme, (boss, change), name="Renamed")

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
    assert save(browser, acme, (boss, change), (clerk, {"role": "admin"})).status_code == 302
    assert roles(acme)[clerk.user_id] == "admin"
    assert roles(acme).get(boss.user_id) == change.get("role")

    clerk.refresh_from_db()
    new = make_user("new")
    response = save(
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
        assert formset_errors(save(browser, acme, *changes)) == [LAST_ADMIN]
    assert sorted(roles(acme).values()) == ["admin", "admin", "member"]
    assert save(browser, acme, (boss, {"role": "viewer"}), (second, {})).status_code == 302


def test_promotion_that_is_deleted_in_the_same_form__does_not_count(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    changes = ((boss, {"role": "viewer"}), (clerk, {"role": "admin", "DELETE": "on"}))

    assert formset_errors(save(browser, acme, *changes)) == [LAST_ADMIN]


def test_user_of_a_membership__does_not_change(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    other = make_user("other")

    response = save(browser, acme, (boss, {"user": other.pk}), (clerk, {"user": boss.user_id}))

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
        response = save(browser, acme, *changes)
        assert response.status_code == 200
        assert "Please correct" in text_of(response)
    again = ((boss, {"DELETE": "on"}), (NEW, {"user": boss.user_id, "role": "admin"}))
    refused = save(browser, acme, *again)
    # A message or an error of the form, as the version of Django has it.
    assert "already" in " ".join([*messages_of(refused), text_of(refused)])
    assert roles(acme) == {boss.user_id: "admin"}


@pytest.mark.parametrize("user", ["0", ""])
def test_user_that_there_is_not__is_an_error_of_the_form(
    browser: Client, acme: AbstractOrganization, boss: Membership, user: str
) -> None:
    response = save(browser, acme, (boss, {}), (NEW, {"user": user, "role": "viewer"}))

    assert response.status_code == 200
    assert roles(acme) == {boss.user_id: "admin"}


def test_membership_of_another_organization__is_not_changed_from_here(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    other = join(make_organization("Globex"), make_user(), Role.ADMIN)

    save(browser, acme, (other, {"DELETE": "on"}))
    save(browser, acme, (other, {"role": "viewer"}))

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

    response = save(browser, acme, (boss, {"DELETE": "on"}), (clerk, {}), name="Renamed")

    assert messages_of(response) == [LAST_ADMIN]
    acme.refresh_from_db()
    assert (acme.name, roles(acme)[boss.user_id]) == ("Acme", "admin")


def test_saving__keeps_what_was_folded_since_the_page_was_shown(
    browser: Client,
    acme: AbstractOrganization,
    boss: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = make_file(acme)
    for _ in range(3):
        counters.record_download(file=file)
    save_model = pages.OrganizationAdmin.save_model

    def save_afterwards(page: Any, *args: Any) -> None:
        counters.fold()
        save_model(page, *args)

    monkeypatch.setattr(pages.OrganizationAdmin, "save_model", save_afterwards)

    assert save(browser, acme, (boss, {}), name="Renamed").status_code == 302

    acme.refresh_from_db()
    assert (acme.name, acme.folded_download_count) == ("Renamed", 3)
    assert acme.folded_last_downloaded_at is not None
    assert counters.verify().findings == []


def test_totals__are_not_taken_from_a_form(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    data = {"folded_download_count": "99", "download_count": "99", "created_at": "1999-01-01"}
    before = get_organization_model().objects.values().get()

    assert save(browser, acme, (boss, {}), **data).status_code == 302
    assert get_organization_model().objects.values().get() == before


@pytest.mark.parametrize("fields", [{}, {"deleted_at": timezone.now()}], ids=["live", "in trash"])
def test_one_that_holds_files__is_not_deleted_and_the_page_says_why(
    browser: Client, acme: AbstractOrganization, boss: Membership, fields: dict[str, Any]
) -> None:
    for _ in range(3):
        make_file(acme, **fields)
    empty = make_organization("Empty")

    question = browser.get(url(acme, "delete"))
    answers = [delete(browser, acme), delete_selected(browser, acme, empty)]

    for page in (question, *answers):
        assert page.status_code == 200
        assert f"Acme: {NOT_EMPTY}" in text_of(page)
        assert "report.pdf" not in text_of(page)
    assert get_organization_model().objects.count() == 2
    assert roles(acme) == {boss.user_id: "admin"}
    assert not LogEntry.objects.exists()


def test_question_whether_to_delete__reads_no_files(
    browser: Client, acme: AbstractOrganization
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            browser.get(url(acme, "delete"))
        return len(context.captured_queries)

    make_file(acme)
    few = asked()
    for _ in range(20):
        make_file(acme)

    assert asked() == few


def test_empty_ones__are_deleted_with_their_memberships(
    browser: Client, acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    others = [make_organization(), make_organization()]

    assert delete(browser, acme).status_code == 302
    assert delete_selected(browser, *others).status_code == 302

    assert not get_organization_model().objects.exists()
    assert not Membership.objects.exists()
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize("selected", [False, True])
def test_file_that_comes_by_the_time_it_is_deleted__is_told_of(
    browser: Client,
    acme: AbstractOrganization,
    boss: Membership,
    monkeypatch: pytest.MonkeyPatch,
    selected: bool,
) -> None:
    empty = make_organization("Aaa")

    def delete_afterwards(*, organization: Any) -> None:
        if organization == acme:
            make_file(organization)
        organizations.delete_organization(organization=organization)

    monkeypatch.setattr(pages, "delete_organization", delete_afterwards)

    response = delete_selected(browser, empty, acme) if selected else delete(browser, acme)

    assert (response.status_code, messages_of(response)) == (302, [NOT_EMPTY])
    assert {*get_organization_model().objects.all()} == {acme, empty}
    assert not LogEntry.objects.exists()


def test_page_of_many_members__asks_as_often_as_that_of_one(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(url(acme)).status_code == 200
        return len(context.captured_queries)

    few = asked()
    for _ in range(60):
        join(acme, make_user())

    assert asked() == few


def test_more_members_than_a_form_can_send__are_on_a_page_of_their_own(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    for _ in range(99):
        join(acme, make_user())
    members = list(Membership.objects.order_by("pk"))
    assert len(browser.get(url(acme)).context["inline_admin_formsets"]) == 1
    # All at once is no more than the site takes.
    changes = [(row, {"role": "viewer"} if row != boss else {}) for row in members]
    assert save(browser, acme, *changes).status_code == 302
    assert sorted(roles(acme).values()).count("viewer") == 99

    join(acme, make_user())
    page = browser.get(url(acme))

    assert page.context["inline_admin_formsets"] == []
    assert "101 memberships" in text_of(page)
    response = browser.post(url(acme), FORM | {"name": "Renamed"})
    assert response.status_code == 302
    assert Membership.objects.count() == 101


def test_staff_who_may_not_change_memberships__see_them(
    acme: AbstractOrganization, boss: Membership, clerk: Membership
) -> None:
    browser = staff("change_organization", "view_membership")

    page = text_of(browser.get(url(acme)))
    response = save(browser, acme, (boss, {}), (clerk, {"role": "admin"}), name="Renamed")

    assert clerk.user.email in page
    assert response.status_code == 302
    acme.refresh_from_db()
    assert (acme.name, roles(acme)[clerk.user_id]) == ("Renamed", "member")


def test_page_for_a_new_one__has_room_for_members(browser: Client) -> None:
    page = text_of(browser.get(url(get_organization_model(), "add")))

    assert "memberships-TOTAL_FORMS" in page
    assert 'name="memberships-__prefix__-user"' in page
