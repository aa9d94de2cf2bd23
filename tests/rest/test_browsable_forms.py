"""The forms of the browsable API: which there are for whom, and that they do what they say."""

from __future__ import annotations

from typing import Any

import pytest

from org_files import get_organization_model
from org_files.links import token_of
from org_files.models import AbstractOrganization, Membership, Role, ShareLink
from org_files.testing.factories import (
    join,
    make_link,
    make_organization,
    make_stored_file,
    make_user,
)
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
from tests.rest.routes import ROUTES

PAGES = [route for route in ROUTES if not route.sends_bytes]


@pytest.fixture
def things(organization: AbstractOrganization, user: Any) -> dict[str, str]:
    """Ids of what the member sees."""
    file = make_stored_file(organization, user)
    return {
        "files": str(file.public_id),
        "links": str(make_link(file).public_id),
        "organizations": str(organization.pk),
        "users": str(user.pk),
    }


@pytest.mark.parametrize("who", ["user", "superuser"])
def test_page__offers_every_change_that_the_path_has(
    request: pytest.FixtureRequest, things: dict[str, str], who: str
) -> None:
    browser = visitor(request.getfixturevalue(who))

    for route in PAGES:
        offered = forms_of(browser, route.path(things)).methods()
        assert offered == route.methods - {"GET"}, route


def test_page_without_a_login__offers_public_calls_only(things: dict[str, str]) -> None:
    for route in PAGES:
        offered = forms_of(visitor(), route.path(things)).methods()
        assert offered == (route.methods if route.is_public else set()), route


#: The fields of forms, by path.
FIELDS = {
    "organizations/": {"name", "description"},
    "organizations/{organizations}/members/": {"user", "role"},
    "files/{files}/links/": {"expires_in", "max_downloads", "password", "label", "rendition"},
    "files/{files}/ticket/": {"height"},
    "users/me/password/": {"old_password", "new_password"},
    "users/me/avatar/": {"avatar"},
    "auth/register/": {"email", "password", "first_name", "last_name", "phone"},
    "token/": {"email", "password"},
    "token/refresh/": {"refresh"},
    "token/blacklist/": {"refresh"},
}


def test_form__has_every_field_that_the_call_takes(admin: Any, things: dict[str, str]) -> None:
    browser = visitor(admin)
    for path, fields in FIELDS.items():
        forms = forms_of(browser, f"/api/{path.format(**things)}")
        form = forms.with_field(next(iter(fields)))
        assert form["fields"].keys() - {"csrfmiddlewaretoken"} == fields, path


# A call that answers nothing answers a page with 200.


def test_organization_form__creates(user: Any) -> None:
    browser = visitor(user)

    response = fill_in(browser, "/api/organizations/", name="Initech", description="Paper.")

    assert response.status_code == 201
    assert "Initech" in page_of(response)
    created = get_organization_model()._default_manager.get(name="Initech")
    assert created.description == "Paper."
    assert Membership.objects.get(organization=created.pk).user == user


def test_organization_form_with_an_error__is_shown_again(user: Any) -> None:
    response = fill_in(visitor(user), "/api/organizations/", name=" ", description="")

    assert response.status_code == 400
    assert Forms(page_of(response)).with_field("name")


def test_organization_page__changes_and_deletes(admin: Any) -> None:
    organization = make_organization("Initech")
    join(organization, admin, Role.ADMIN)
    path = f"/api/organizations/{organization.pk}/"
    browser = visitor(admin)

    changed = send_raw(browser, path, "PATCH", description="Paper.")

    assert changed.status_code == 200
    assert "Paper." in page_of(changed)
    deleted = press_delete(browser, path)
    assert deleted.status_code == 200
    page_of(deleted)
    assert not get_organization_model()._default_manager.filter(pk=organization.pk).exists()


def test_organization_page__refuses_members_in_html(
    user: Any, organization: AbstractOrganization
) -> None:
    path = f"/api/organizations/{organization.pk}/"
    browser = visitor(user)

    for response in (
        send_raw(browser, path, "PATCH", description="Paper."),
        press_delete(browser, path),
    ):
        assert response.status_code == 403
        page_of(response)


def test_expanded_page__has_the_members_and_its_forms(
    admin: Any, organization: AbstractOrganization
) -> None:
    browser = visitor(admin)

    for path in ("/api/organizations/", f"/api/organizations/{organization.pk}/"):
        page = page_of(browser.get(f"{path}?expand=members", headers=HTML))
        assert "&quot;members&quot;" in page
        assert Forms(page).methods()
    changed = send_raw(
        browser, f"/api/organizations/{organization.pk}/?expand=members", "PATCH", name="Initech"
    )
    assert "&quot;members&quot;" in page_of(changed)


def test_member_pages__add_change_and_remove(
    admin: Any, organization: AbstractOrganization
) -> None:
    # An admin sees the members of another organization of theirs.
    other = make_organization("Globex")
    new = make_user("new")
    join(other, new)
    join(other, admin)
    browser = visitor(admin)
    members = f"/api/organizations/{organization.pk}/members/"
    member = f"{members}{new.pk}/"

    added = fill_in(browser, members, user=str(new.pk), role="viewer")
    assert added.status_code == 201, page_of(added)
    changed = send_raw(browser, member, "PATCH", role="member")
    assert changed.status_code == 200
    assert Membership.objects.get(organization=organization.pk, user=new).role == Role.MEMBER
    removed = press_delete(browser, member)
    assert removed.status_code == 200
    page_of(removed)
    assert not Membership.objects.filter(organization=organization.pk, user=new).exists()


def test_member_form_with_an_error__is_shown_again(
    admin: Any, organization: AbstractOrganization
) -> None:
    path = f"/api/organizations/{organization.pk}/members/"

    response = fill_in(visitor(admin), path, user="987654321", role="viewer")

    assert response.status_code == 400
    assert Forms(page_of(response)).with_field("user")


def test_link_form__makes_a_link_and_the_page_of_it_changes_it(
    user: Any, things: dict[str, str]
) -> None:
    browser = visitor(user)

    made = fill_in(browser, f"/api/files/{things['files']}/links/", expires_in="600")
    unsaid = fill_in(browser, f"/api/files/{things['files']}/links/", expires_in="")
    endless = send_raw(browser, f"/api/files/{things['files']}/links/", "POST", expires_in=None)
    link, other = ShareLink.objects.exclude(public_id=things["links"]).order_by("pk")
    changed = send_raw(browser, f"/api/links/{link.public_id}/", "PATCH", label="Mine.")

    assert (made.status_code, endless.status_code, changed.status_code) == (201, 201, 200)
    assert unsaid.status_code == 400
    assert Forms(page_of(unsaid)).with_field("expires_in")
    assert str(token_of(link)) in page_of(made)
    assert other.expires_at is None
    link.refresh_from_db()
    assert link.label == "Mine."
