"""Pages of members, and invitations."""

import html
import re

import pytest
from django.core.cache import cache
from django.test import Client

from org_files.models import Membership, Role
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_user
from org_files.web.invitations import SECONDS, new_token
from tests.web.pages import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_accepted_invitations():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def admin_client(client, organization_admin):
    client.force_login(organization_admin)
    return client


@pytest.fixture
def path(organization):
    return f"/library/organizations/{organization.pk}/members/"


@pytest.fixture
def stranger():
    """A user whom the admin does not see."""
    return make_user("eve", first_name="Eve")


def invite(client, path, login, role="viewer"):
    """Return the path of an invitation, as the page shows it."""
    page = text_of(client.post(path, {"login": login, "role": role}))
    url = html.unescape(re.search(r'readonly value="([^"]+)"', page)[1])
    return url.removeprefix("http://testserver")


@pytest.fixture
def invitation(admin_client, path, stranger):
    return invite(admin_client, path, stranger.email)


def test_visible_user_is_added_at_once(client, operator, organization, path, stranger):
    client.force_login(operator)

    added = client.post(path, {"login": stranger.email.upper(), "role": "member"})
    again = client.post(path, {"login": stranger.email, "role": "admin"})

    assert (added.status_code, again.status_code) == (303, 400)
    assert Membership.objects.get(user=stranger, organization=organization).role == Role.MEMBER
    assert "Belongs to the organization already." in text_of(again)
    assert "Eve is a member now." in text_of(again)


def test_invited_person_logs_in_and_accepts(client, organization, invitation, stranger):
    to_login = Client().get(invitation)
    browser = browser_of(stranger)

    page = text_of(browser.get(invitation))
    accepted = browser.post(invitation)

    assert to_login.headers["Location"].startswith("/library/log-in/?next=%2Flibrary%2Finvitations")
    assert "invites you to Acme. Your role will be: viewer." in page
    assert accepted.headers["Location"] == f"/library/organizations/{organization.pk}/"
    assert Membership.objects.get(user=stranger, organization=organization).role == Role.VIEWER


def test_invited_person_registers_by_the_name_of_the_invitation(admin_client, path, organization):
    invitation = invite(admin_client, path, " New@Example.com ", "member")
    browser = Client()
    fields = {"email": "new@example.com", "password": "correct horse battery staple"}

    registered = browser.post("/library/register/", {**fields, "next": invitation})
    assert registered.headers["Location"] == invitation
    browser.post(invitation)

    assert organization.pk in Membership.objects.filter(role=Role.MEMBER).values_list(
        "organization", flat=True
    )


def test_invitation_tells_nothing_about_accounts(admin_client, path, stranger):
    def shown(login):
        page = text_of(admin_client.post(path, {"login": login, "role": "viewer"}))
        return re.sub(r'invitations/[^"]+', "", page).replace(login, "")

    assert shown(stranger.email) == shown("nobody@example.com")


def test_invitation_is_for_one_account(invitation, organization_member, organization):
    answer = browser_of(organization_member).get(invitation)

    assert answer.status_code == 403
    assert "This invitation is for another account." in text_of(answer)
    assert organization.name not in text_of(answer)


def expire(**_):
    return SECONDS


def demote(admin, **_):
    Membership.objects.filter(user=admin).update(role=Role.MEMBER)


def disable(admin, **_):
    type(admin).objects.filter(pk=admin.pk).update(is_active=False)


def remove_again(invitation, stranger, **_):
    """Accept the invitation, and remove the member."""
    browser_of(stranger).post(invitation)
    assert Membership.objects.filter(user=stranger).delete()[0] == 1


def remove_after_another(invitation, stranger, admin, **_):
    """Accept another invitation, and remove the member."""
    path = f"/library/organizations/{Membership.objects.get(user=admin).organization_id}/members/"
    other = invite(browser_of(admin), path, stranger.email, "admin")
    remove_again(other, stranger)


def change_key(settings, **_):
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes"


@pytest.mark.parametrize(
    "end", [expire, demote, disable, remove_again, remove_after_another, change_key]
)
def test_invitation_that_is_over_is_like_an_unknown_one(
    end, settings, invitation, stranger, organization_admin
):
    seconds = end(
        settings=settings, invitation=invitation, stranger=stranger, admin=organization_admin
    )
    unknown = "/library/invitations/nothing/"
    with stopped_clock() as clock:
        clock.advance(seconds=seconds or 0)
        browser = browser_of(stranger)
        answers = [
            (answer.status_code, text_of(answer))
            for path in (invitation, unknown)
            for answer in (browser.get(path), browser.post(path))
        ]

    assert len(set(answers)) == 1
    assert answers[0][0] == 404
    assert "The invitation is not valid any more." in answers[0][1]
    assert not Membership.objects.filter(user=stranger).exists()


def test_removed_member_is_invited_again(admin_client, path, invitation, stranger):
    remove_again(invitation, stranger)

    answer = browser_of(stranger).post(invite(admin_client, path, stranger.email))

    assert answer.status_code == 303
    assert Membership.objects.filter(user=stranger).exists()


def test_odd_tokens_are_unknown(stranger, organization, organization_admin):
    token = new_token(
        organization=organization, role="admin", inviter=organization_admin, login=stranger.email
    )
    browser = browser_of(stranger)

    for odd in (token[:-4], token.swapcase(), token + "A", "%00", "ы", "x" * 4000):
        assert browser.get(f"/library/invitations/{odd}/").status_code == 404


def test_admin_changes_a_role_but_not_of_the_last_admin(
    admin_client, path, organization_admin, organization_member
):
    def role_of(user):
        return Membership.objects.get(user=user).role

    changed = admin_client.post(f"{path}{organization_member.pk}/", {"role": "viewer"})
    refused = admin_client.post(f"{path}{organization_admin.pk}/", {"role": "viewer"})
    odd = admin_client.post(f"{path}{organization_member.pk}/", {"role": "owner"})

    assert (changed.status_code, refused.status_code, odd.status_code) == (303, 409, 400)
    assert "The last admin of an organization cannot go." in text_of(refused)
    assert (role_of(organization_member), role_of(organization_admin)) == ("viewer", "admin")


def test_member_leaves_and_admin_removes(
    admin_client, path, organization, organization_member, organization_viewer
):
    own = f"{path}{organization_member.pk}/remove/"
    browser = browser_of(organization_member)

    assert "Leave Acme" in text_of(browser.get(own))
    assert browser.post(own).headers["Location"] == "/library/organizations/"
    removed = f"{path}{organization_viewer.pk}/remove/"
    assert "Remove viewer" in text_of(admin_client.get(removed))
    assert admin_client.post(removed).headers["Location"] == path

    assert Membership.objects.filter(organization=organization).count() == 1


def test_viewer_sees_no_buttons_that_are_refused(path, organization_viewer, organization_member):
    page = text_of(browser_of(organization_viewer).get(path))

    assert f"{path}{organization_viewer.pk}/remove/" in page
    assert f"{path}{organization_member.pk}/" not in page
    assert "Add or invite" not in page
