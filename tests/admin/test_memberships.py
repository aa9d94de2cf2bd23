"""The page of memberships: it keeps to the rules of the services, and says so."""

from django.contrib.admin.models import LogEntry

from org_files import organizations
from org_files.admin import organizations as pages
from org_files.models import Membership, Role
from org_files.testing.factories import join, make_organization, make_user
from tests.admin.conftest import staff
from tests.admin.pages import (
    LAST_ADMIN,
    delete,
    delete_selected,
    found,
    messages_of,
    queries_of,
    text_of,
    url,
)


def roles():
    return dict(Membership.objects.values_list("pk", "role"))


def test_search__is_by_organization_and_by_name_of_the_user(boss, clerk):
    clerk.user.first_name, clerk.user.last_name = "Grace", "Hopper"
    clerk.user.save()
    other = join(make_organization("Globex"), make_user("other"))

    for term, rows in {
        "boss": {boss},
        "ACME": {boss, clerk},
        "globex": {other},
        "acme hopper": {clerk},
        "%": set(),
        "": {boss, clerk, other},
    }.items():
        assert found(Membership, term) == rows


def test_list_of_many__asks_as_often_as_a_list_of_one(browser, boss, acme):
    address = url(Membership, "changelist")
    few = queries_of(browser, address)
    for _ in range(5):
        join(acme, make_user())

    assert queries_of(browser, address) == few
    assert boss.user.email in text_of(browser.get(address))


def test_new_membership__is_added_once(browser, root, acme):
    user = make_user()
    data = {"user": user.pk, "organization": acme.pk, "role": "viewer"}

    added, again = [browser.post(url(Membership, "add"), data) for _ in range(2)]

    assert (added.status_code, again.status_code) == (302, 200)
    assert "already exists" in text_of(again)
    [membership] = Membership.objects.all()
    assert (membership.user, membership.organization, membership.role) == (user, acme, "viewer")
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (root, str(membership.pk))


def test_member_added_twice_at_once__is_told_of(browser, acme, monkeypatch):
    user = make_user()

    def add_afterwards(**values):
        join(acme, user, Role.VIEWER)
        return organizations.add_member(**values)

    monkeypatch.setattr(pages, "add_member", add_afterwards)
    data = {"user": user.pk, "organization": acme.pk, "role": "admin"}

    response = browser.post(url(Membership, "add"), data)

    assert messages_of(response) == ["Belongs to the organization already."]
    assert response.headers["Location"] == url(Membership, "add")
    assert not LogEntry.objects.exists()


def test_role__is_changed_and_the_ends_of_a_membership_are_not(browser, boss, clerk):
    other, user = make_organization("Globex"), make_user("other")
    data = {"role": "viewer", "organization": other.pk, "user": user.pk}

    assert browser.post(url(clerk), data).status_code == 302

    clerk.refresh_from_db()
    assert (clerk.role, clerk.organization_id) == ("viewer", boss.organization_id)
    assert clerk.user != user


def test_last_admin__is_neither_demoted_nor_removed_and_the_page_says_why(browser, boss, clerk):
    response = browser.post(url(boss), {"role": "member"})

    assert response.status_code == 200
    assert response.context["adminform"].form.non_field_errors() == [LAST_ADMIN]
    assert LAST_ADMIN in text_of(response)
    assert browser.post(url(boss), {"role": "king"}).status_code == 200

    response = delete(browser, boss)

    assert (response.status_code, messages_of(response)) == (302, [LAST_ADMIN])
    assert LAST_ADMIN in text_of(browser.get(response.headers["Location"]))
    assert roles() == {boss.pk: "admin", clerk.pk: "member"}
    assert not LogEntry.objects.exists()
    assert browser.post(url(boss), {"role": "admin"}).status_code == 302
    assert delete(browser, clerk).status_code == 302
    assert roles() == {boss.pk: "admin"}


def test_selected_members__go_all_or_none(browser, boss, clerk, acme):
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


def test_choice__takes_an_id_where_the_search_is_not_for_who_asks(clerk):
    page = text_of(staff("add_membership", "view_organization").get(url(Membership, "add")))

    assert page.count('class="admin-autocomplete"') == 1
    assert page.count("vForeignKeyRawIdAdminField") == 1
