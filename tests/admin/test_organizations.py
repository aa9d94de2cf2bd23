"""The page of organizations, with members and tier in line."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from org_files import counters, get_organization_model, organizations
from org_files.admin import organizations as pages
from org_files.models import Membership, Role, Subscription
from org_files.testing.factories import join, make_file, make_organization, make_tier, make_user
from tests.admin.conftest import staff
from tests.admin.pages import (
    LAST_ADMIN,
    NEW,
    delete,
    delete_selected,
    formset_errors,
    found,
    listed,
    messages_of,
    queries_of,
    rows,
    save_organization,
    subscription,
    text_of,
    url,
)
from tests.organizations.calls import roles

NOT_EMPTY = "The organization still holds files."


def test_list__shows_totals_and_is_found_by_name_and_description(browser, acme):
    globex = make_organization("Globex", description="Anvils")
    counters.record_download(file=make_file(acme))

    assert found(get_organization_model(), "anvil") == {globex}
    counts = {row: row.download_count for row in listed(browser, get_organization_model())}
    assert counts == {acme: 1, globex: 0}


def test_new_one__comes_with_its_members(browser, db):
    boss, clerk = make_user("boss"), make_user("clerk")
    members = {boss.pk: "admin", clerk.pk: "viewer"}
    new = rows(*((NEW, {"user": pk, "role": role}) for pk, role in members.items()))
    address = url(get_organization_model(), "add")

    assert 'name="memberships-__prefix__-user"' in text_of(browser.get(address))
    assert browser.post(address, {"name": "New", "description": ""} | new).status_code == 302
    assert roles(get_organization_model().objects.get()) == members


def test_saving__keeps_what_was_folded_since_the_page_was_shown(browser, acme, boss, monkeypatch):
    file = make_file(acme)
    for _ in range(3):
        counters.record_download(file=file)
    save_model = pages.OrganizationAdmin.save_model

    def save_afterwards(page, *args):
        counters.fold()
        save_model(page, *args)

    monkeypatch.setattr(pages.OrganizationAdmin, "save_model", save_afterwards)
    forged = {"folded_download_count": "99", "download_count": "99", "created_at": "1999-01-01"}

    saved = save_organization(browser, acme, (boss, {}), name="Renamed", **forged)

    assert saved.status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.folded_download_count) == ("Renamed", 3)
    assert acme.folded_last_downloaded_at is not None
    assert acme.created_at.year > 1999
    assert counters.verify().findings == []


def test_one_that_holds_files__is_not_deleted_and_the_page_says_why(browser, acme, boss):
    make_file(acme, deleted_at=timezone.now())
    few = queries_of(browser, url(acme, "delete"))
    for _ in range(3):
        make_file(acme)

    assert queries_of(browser, url(acme, "delete")) == few
    question = browser.get(url(acme, "delete"))
    answers = [delete(browser, acme), delete_selected(browser, acme, make_organization("Empty"))]

    for page in (question, *answers):
        assert page.status_code == 200
        assert f"Acme: {NOT_EMPTY}" in text_of(page)
        assert "report.pdf" not in text_of(page)
    assert get_organization_model().objects.count() == 2
    assert roles(acme) == {boss.user_id: "admin"}
    assert not LogEntry.objects.exists()


def test_empty_ones__are_deleted_with_their_memberships(browser, acme, boss, clerk):
    others = [make_organization(), make_organization()]

    assert delete(browser, acme).status_code == 302
    assert delete_selected(browser, *others).status_code == 302

    assert not get_organization_model().objects.exists()
    assert not Membership.objects.exists()
    assert LogEntry.objects.count() == 3


def test_file_that_comes_by_the_time_it_is_deleted__is_told_of(browser, acme, boss, monkeypatch):
    empty = make_organization("Aaa")

    def delete_afterwards(*, organization):
        if organization == acme:
            make_file(organization)
        organizations.delete_organization(organization=organization)

    monkeypatch.setattr(pages, "delete_organization", delete_afterwards)

    response = delete_selected(browser, empty, acme)

    assert (response.status_code, messages_of(response)) == (302, [NOT_EMPTY])
    assert {*get_organization_model().objects.all()} == {acme, empty}
    assert not LogEntry.objects.exists()


# Members


def test_page__says_who_the_members_are(browser, acme, boss, clerk):
    page = text_of(browser.get(url(acme)))

    for membership in (boss, clerk):
        assert f'value="{membership.user.email}"' in page
    link = f"{url(Membership, 'changelist')}?organization__exact={acme.pk}"
    assert f'<a href="{link}">2 memberships</a>' in page
    join(make_organization("Globex"), make_user("other"))
    assert {*browser.get(link).context["cl"].result_list} == {boss, clerk}


def test_members__are_added_changed_and_removed_at_once(browser, acme, boss, clerk):
    new, viewer = make_user("new"), join(acme, make_user("viewer"), Role.VIEWER)

    response = save_organization(
        browser,
        acme,
        (boss, {"user": clerk.user_id}),  # The user of a membership does not change.
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


def test_admin__is_replaced_in_one_go_by_a_member_or_by_somebody_new(browser, acme, boss, clerk):
    # The old one comes first in the form, and the new one after.
    changes = [(boss, {"role": "viewer"}), (clerk, {"role": "admin"})]
    assert save_organization(browser, acme, *changes).status_code == 302
    assert roles(acme) == {boss.user_id: "viewer", clerk.user_id: "admin"}

    clerk.refresh_from_db()
    new = make_user("new")
    changes = [(clerk, {"DELETE": "on"}), (NEW, {"user": new.pk, "role": "admin"})]
    assert save_organization(browser, acme, *changes).status_code == 302
    assert roles(acme) == {boss.user_id: "viewer", new.pk: "admin"}


DEMOTED, DELETED = {"role": "viewer"}, {"DELETE": "on"}


@pytest.mark.parametrize(
    "changes",
    [
        (DEMOTED, DELETED, {}),
        (DELETED, DELETED, DELETED),
        (DEMOTED, {"role": "admin", **DELETED}, {}),
        (DEMOTED, DEMOTED, {"role": "admin", **DELETED}),
    ],
)
def test_admins__do_not_go_all_at_once_and_the_form_says_why(browser, acme, boss, clerk, changes):
    second = join(acme, make_user(), Role.ADMIN)
    form = zip((boss, second, clerk), changes, strict=True)

    response = save_organization(browser, acme, *form, name="Renamed")

    assert formset_errors(response) == [LAST_ADMIN]
    assert LAST_ADMIN in text_of(response)
    assert sorted(roles(acme).values()) == ["admin", "admin", "member"]
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_member__is_not_added_twice(browser, acme, boss):
    again, unknown = [(NEW, {"user": pk, "role": "admin"}) for pk in (boss.user_id, 0)]
    refusals = [({}, again, "Please correct"), (DELETED, again, "already")]
    refusals.append(({}, unknown, "Please correct"))

    for change, new, said in refusals:
        refused = save_organization(browser, acme, (boss, change), new)
        # A message or an error of the form, as the version of Django has it.
        assert said in " ".join([*messages_of(refused), text_of(refused)])
    assert roles(acme) == {boss.user_id: "admin"}


def test_last_admin_by_the_time_it_is_saved__is_told_of_and_nothing_is_saved(
    browser, acme, boss, clerk, monkeypatch
):
    Membership.objects.filter(pk=clerk.pk).update(role=Role.ADMIN)
    clerk.refresh_from_db()

    def remove_afterwards(**values):
        Membership.objects.filter(pk=clerk.pk).update(role=Role.VIEWER)
        return organizations.remove_member(**values)

    monkeypatch.setattr(pages, "remove_member", remove_afterwards)

    response = save_organization(browser, acme, (boss, DELETED), (clerk, {}), name="Renamed")

    assert messages_of(response) == [LAST_ADMIN]
    acme.refresh_from_db()
    assert (acme.name, roles(acme)[boss.user_id]) == ("Acme", "admin")


def in_line(page):
    return [inline.formset.model for inline in page.context["inline_admin_formsets"]]


def test_members__are_in_line_as_long_as_a_form_can_hold_them(
    browser, acme, boss, monkeypatch, settings
):
    assert (pages.MAX_IN_LINE + 1) * 5 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS == 1000
    monkeypatch.setattr(pages, "MAX_IN_LINE", 4)
    queries_of(browser, url(acme))  # for content types, which are looked up once in a process
    few = queries_of(browser, url(acme))
    for _ in range(3):
        join(acme, make_user())
    assert queries_of(browser, url(acme)) == few
    assert in_line(browser.get(url(acme))) == [Subscription, Membership]

    join(acme, make_user())
    page = browser.get(url(acme))

    assert in_line(page) == [Subscription]
    assert "5 memberships" in text_of(page)
    response = browser.post(url(acme), {"name": "Renamed", "description": ""} | subscription())
    assert response.status_code == 302
    assert Membership.objects.count() == 5


def test_staff_who_may_not_change_memberships_and_tiers__see_them(acme, boss, clerk):
    browser = staff("change_organization", "view_membership")
    changes, tier = [(boss, {}), (clerk, {"role": "admin"})], subscription(tier=make_tier())

    page = text_of(browser.get(url(acme)))
    response = save_organization(browser, acme, *changes, name="Renamed", **tier)

    assert clerk.user.email in page
    assert response.status_code == 302
    acme.refresh_from_db()
    assert (acme.name, roles(acme)[clerk.user_id]) == ("Renamed", "member")
    assert not Subscription.objects.exists()
