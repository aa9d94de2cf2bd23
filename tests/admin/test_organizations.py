"""The page of organizations."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import counters, get_organization_model, organizations
from org_files.admin import organizations as pages
from org_files.models import AbstractOrganization, Membership
from org_files.testing.factories import make_file, make_organization, make_user
from tests.admin.pages import (
    NEW,
    delete,
    delete_selected,
    messages_of,
    rows,
    save_organization,
    text_of,
    url,
)
from tests.organizations.calls import roles

NOT_EMPTY = "The organization still holds files."


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

    assert save_organization(browser, acme, (boss, {}), name="Renamed").status_code == 302

    acme.refresh_from_db()
    assert (acme.name, acme.folded_download_count) == ("Renamed", 3)
    assert acme.folded_last_downloaded_at is not None
    assert counters.verify().findings == []


def test_totals__are_not_taken_from_a_form(
    browser: Client, acme: AbstractOrganization, boss: Membership
) -> None:
    data = {"folded_download_count": "99", "download_count": "99", "created_at": "1999-01-01"}
    before = get_organization_model().objects.values().get()

    assert save_organization(browser, acme, (boss, {}), **data).status_code == 302
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


def test_page_for_a_new_one__has_room_for_members(browser: Client) -> None:
    page = text_of(browser.get(url(get_organization_model(), "add")))

    assert "memberships-TOTAL_FORMS" in page
    assert 'name="memberships-__prefix__-user"' in page
