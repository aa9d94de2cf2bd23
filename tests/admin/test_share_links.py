"""The page of share links: to look at and to revoke, and nothing on it opens one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from org_files import counters
from org_files.links import token_of
from org_files.models import AbstractOrganization, Download, Membership, ShareLink
from org_files.testing.factories import make_file, make_link
from tests.admin.conftest import staff
from tests.admin.pages import messages_of, text_of, url

LIST = "changelist"


@pytest.fixture
def link(acme: AbstractOrganization, clerk: Membership) -> ShareLink:
    """A link of the clerk's to a file of Acme."""
    file = make_file(acme, clerk.user, name="budget.ods")
    return make_link(file, clerk.user, label="For the bank", max_downloads=5, used=2)


def ended(link: ShareLink, **fields: Any) -> ShareLink:
    """Return another link of the same person to the same file, with these columns."""
    return make_link(link.file, link.created_by, **fields)


def shown(browser: Client, **query: str) -> list[ShareLink]:
    """Return the links of the list."""
    page = browser.get(url(ShareLink, LIST), query)
    assert page.status_code == 200
    return [*page.context["cl"].result_list]


def revoke(browser: Client, *links: ShareLink) -> Any:
    """Choose links of the list, and the action."""
    keys = [link.pk for link in links]
    return browser.post(url(ShareLink, LIST), {"action": "revoke", ACTION_CHECKBOX_NAME: keys})


def test_list__shows_which_file_of_whom_and_how_much_is_left(
    browser: Client, link: ShareLink
) -> None:
    ShareLink.objects.update(
        expires_at=timezone.now() + timedelta(hours=2, seconds=30), last_used_at=timezone.now()
    )

    page = text_of(browser.get(url(ShareLink, LIST)))

    for text in ("budget.ods", "Acme", link.created_by.email, "For the bank", "active", "2/5"):
        assert text in page
    assert "2\xa0hours" in page
    assert f"{timezone.localtime().year}" in page


def test_link_without_end_and_limit__shows_none(browser: Client, link: ShareLink) -> None:
    ShareLink.objects.update(max_downloads=None)

    page = text_of(browser.get(url(link)))

    # Not "/5" alone: keys in addresses may begin so.
    assert not re.search(r"\b[0-9]+/5\b", page)
    assert "hours" not in page


def test_pages__show_nothing_that_opens_a_link(browser: Client, link: ShareLink) -> None:
    secret = ended(link, password="open sesame")
    token = token_of(secret)
    assert token is not None

    for address in (url(ShareLink, LIST), url(secret), url(secret, "history")):
        page = text_of(browser.get(address))
        for part in (token, secret.token_digest, secret.password, "open sesame"):
            assert part not in page


def test_list__is_filtered_by_state(browser: Client, link: ShareLink) -> None:
    now = timezone.now()
    links = {
        "active": link,
        "expired": ended(link, expires_at=now - timedelta(seconds=1)),
        "exhausted": ended(link, max_downloads=1, used=1),
        "revoked": ended(link, revoked_at=now),
    }

    for state, only in links.items():
        assert shown(browser, state=state) == [only]
    assert len(shown(browser)) == len(shown(browser, state="something")) == 4


def test_list__is_filtered_by_date(browser: Client, link: ShareLink) -> None:
    old = ended(link, created_at=timezone.now() - timedelta(days=40))

    since = {"created_at__gte": str(timezone.now() - timedelta(days=7))}
    assert shown(browser) == [link, old]
    assert shown(browser, **since) == [link]


@pytest.mark.parametrize("what", ["label", "name", "id", "nothing"])
def test_search__is_by_label_file_and_id(browser: Client, link: ShareLink, what: str) -> None:
    make_link(make_file(name="other.txt"), link.created_by)
    words = {"label": "bank", "name": "BUDGET", "id": str(link.public_id), "nothing": "budgeting"}

    assert shown(browser, q=words[what]) == ([] if what == "nothing" else [link])


def test_revoke__ends_the_chosen_links(browser: Client, root: Any, link: ShareLink) -> None:
    other = ended(link)

    response = revoke(browser, link)

    assert messages_of(response) == ["1 share link revoked."]
    assert shown(browser, state="revoked") == [link]
    assert shown(browser, state="active") == [other]
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (root, str(link.pk))


def test_revoked_link__stays_as_it_is(browser: Client, link: ShareLink) -> None:
    before = timezone.now() - timedelta(days=1)
    old = ended(link, revoked_at=before)

    assert messages_of(revoke(browser, old, link)) == ["1 share link revoked."]

    old.refresh_from_db()
    assert old.revoked_at == before


def test_who_may_only_look__cannot_revoke(link: ShareLink) -> None:
    browser = staff("view_sharelink")

    assert shown(browser) == [link]
    revoke(browser, link)

    link.refresh_from_db()
    assert link.revoked_at is None


def test_who_may_change_links__revokes_them(link: ShareLink) -> None:
    revoke(staff("change_sharelink"), link)

    link.refresh_from_db()
    assert link.revoked_at is not None


def test_who_may_not_look__does_not(link: ShareLink) -> None:
    browser = staff("view_download")

    for address in (url(ShareLink, LIST), url(link)):
        assert browser.get(address).status_code == 403


def test_links__are_not_added_changed_or_deleted_here(browser: Client, link: ShareLink) -> None:
    assert browser.get(url(ShareLink, "add")).status_code == 403
    assert browser.post(url(link), {"label": "Another"}).status_code == 403
    assert browser.post(url(link, "delete"), {"post": "yes"}).status_code == 403

    link.refresh_from_db()
    assert link.label == "For the bank"


def test_list_of_many__asks_as_often_as_a_list_of_one(browser: Client, link: ShareLink) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(url(ShareLink, LIST)).status_code == 200
        return len(context.captured_queries)

    few = asked()
    for _ in range(20):
        make_link(make_file(), link.created_by)

    assert asked() == few


def test_ledger__names_the_link_that_a_download_came_through(
    browser: Client, link: ShareLink
) -> None:
    counters.record_download(file=link.file, link=link)
    counters.record_download(file=link.file, user=link.created_by)
    through = Download.objects.get(link__isnull=False)

    for address in (url(Download, LIST), url(through)):
        assert "For the bank" in text_of(browser.get(address))

    # What has been removed is still told apart.
    link.delete()
    for address in (url(Download, LIST), url(through)):
        assert str(link.public_id) in text_of(browser.get(address))
