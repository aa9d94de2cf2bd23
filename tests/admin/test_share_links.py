"""The page of share links: to look at and to revoke, and nothing on it opens one."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from org_files import counters
from org_files.admin.downloads import StateFilter
from org_files.links import token_of
from org_files.models import Download, ShareLink
from org_files.testing.factories import make_file, make_link, make_user
from tests.admin.conftest import staff
from tests.admin.pages import act, delete, found, listed, messages_of, queries_of, text_of, url

LIST = "changelist"


@pytest.fixture
def link(acme, clerk):
    """A link of the clerk's to a file of Acme."""
    file = make_file(acme, clerk.user, name="budget.ods")
    return make_link(file, clerk.user, label="For the bank", max_downloads=5, used=2)


def another(link, **fields):
    """Return another link of the same person to the same file, with these columns."""
    return make_link(link.file, link.created_by, **fields)


def test_list__shows_which_file_of_whom_and_how_much_is_left(browser, link):
    few = queries_of(browser, url(ShareLink, LIST))
    end = timezone.now() + timedelta(hours=2, seconds=30)
    ShareLink.objects.update(expires_at=end, last_used_at=timezone.now())
    for _ in range(3):
        make_link(make_file(), link.created_by)

    assert queries_of(browser, url(ShareLink, LIST)) == few
    page = text_of(browser.get(url(ShareLink, LIST)))
    for text in ("budget.ods", "Acme", link.created_by.email, "For the bank", "active", "2/5"):
        assert text in page
    assert "2\xa0hours" in page
    assert f"{timezone.localtime().year}" in page
    ShareLink.objects.update(max_downloads=None, expires_at=None)
    page = text_of(browser.get(url(link)))

    # Not "/5" alone: keys in addresses may begin so.
    assert not re.search(r"\b[0-9]+/5\b", page)
    assert "hours" not in page


def test_pages__show_nothing_that_opens_a_link_or_an_account(link):
    secret, user = another(link, password="open sesame"), make_user(password="A passphrase 1!")
    browser = staff("view_user", "view_sharelink", "view_membership")
    token = token_of(secret)
    assert token is not None

    for address in (
        url(ShareLink, LIST),
        *(url(row, page) for row in (secret, user) for page in ("change", "history")),
    ):
        page = text_of(browser.get(address))
        for part in (token, secret.token_digest, secret.password, user.password.rpartition("$")[2]):
            assert part not in page


def test_list__is_filtered_by_state(browser, link):
    now = timezone.now()
    links = {
        "active": link,
        "expired": another(link, expires_at=now - timedelta(seconds=1)),
        "exhausted": another(link, max_downloads=1, used=1),
        "revoked": another(link, revoked_at=now),
    }

    for state, only in links.items():
        filtered = StateFilter(None, {"state": [state]}, ShareLink, None)
        assert filtered.queryset(None, ShareLink.objects.all()).get() == only
    assert len(listed(browser, ShareLink, state="something")) == 4


def test_search__is_by_label_file_and_id(link):
    make_link(make_file(name="other.txt"), link.created_by)

    for term in ("bank", "BUDGET", str(link.public_id)):
        assert found(ShareLink, term) == {link}
    assert found(ShareLink, "budgeting") == set()


def test_revoke__ends_the_chosen_links(browser, root, link):
    before = timezone.now() - timedelta(days=1)
    old, other = another(link, revoked_at=before), another(link)

    response = act(browser, "revoke", old, link)

    assert messages_of(response) == ["1 share link revoked."]
    assert {*listed(browser, ShareLink, state="revoked")} == {link, old}
    assert listed(browser, ShareLink, state="active") == [other]
    old.refresh_from_db()
    assert old.revoked_at == before
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (root, str(link.pk))


@pytest.mark.parametrize(("permission", "revokes"), [("view", False), ("change", True)])
def test_links__are_revoked_by_those_who_may_change_them(link, permission, revokes):
    act(staff(f"{permission}_sharelink"), "revoke", link)

    link.refresh_from_db()
    assert (link.revoked_at is not None) == revokes


def test_links__are_not_added_changed_or_deleted_here(browser, link):
    assert browser.get(url(ShareLink, "add")).status_code == 403
    assert browser.post(url(link), {"label": "Another"}).status_code == 403
    assert delete(browser, link).status_code == 403

    link.refresh_from_db()
    assert link.label == "For the bank"


def test_ledger__names_the_link_that_a_download_came_through(browser, link):
    counters.record_download(file=link.file, link=link)
    counters.record_download(file=link.file, user=link.created_by)
    through = Download.objects.get(link__isnull=False)

    for address in (url(Download, LIST), url(through)):
        assert "For the bank" in text_of(browser.get(address))

    # What has been removed is still told apart.
    link.delete()
    for address in (url(Download, LIST), url(through)):
        assert str(link.public_id) in text_of(browser.get(address))
