"""What uses up a share link with a limit, and what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files import counters
from org_files.files import purge_file
from org_files.models import AbstractOrganization, Download, RangeGrant, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.contents import CONTENT
from tests.rest.shares import WRONG, answer_of, ask, fetch, used

ELSEWHERE = "192.0.2.1"


@pytest.fixture
def limited(link: ShareLink) -> ShareLink:
    """A link for two downloads."""
    ShareLink.objects.update(max_downloads=2)
    return link


@pytest.mark.usefixtures("backend")
def test_whole_gets__use_the_link_up(limited: ShareLink, client: Client) -> None:
    for number in (1, 2):
        assert fetch(limited) == (200, CONTENT)
        assert used(limited) == number
    for _ in range(3):
        assert fetch(limited)[0] == 404

    assert used(limited) == 2
    row = client.get(f"/api/links/{limited.public_id}/").json()
    assert (row["state"], row["download_count"], row["time_left"]) == ("exhausted", 2, 0)
    file = client.get(f"/api/files/{limited.file.public_id}/").json()
    assert file["download_count"] == 2


def test_request_without_content__burns_nothing(limited: ShareLink) -> None:
    for request, status in (
        ({"method": "HEAD", "Range": "bytes=0-9"}, 200),
        ({"If_None_Match": "*"}, 304),
        ({"If_Match": '"other"'}, 412),
        ({"Range": "bytes=100-"}, 416),
        ({"Sec_Purpose": "prefetch;prerender", "Range": "bytes=0-9"}, 204),
        ({"X_Purpose": "preview"}, 204),
        ({"X_Moz": "prefetch"}, 204),
        ({"method": "POST"}, 303),
        ({"method": "OPTIONS"}, 200),
        ({"query": "?disposition=other"}, 400),
    ):
        assert ask(limited, **request).status_code == status

    assert used(limited) == 0
    assert not RangeGrant.objects.exists()


def test_page_that_asks_for_the_password__burns_nothing(limited: ShareLink) -> None:
    ShareLink.objects.update(password="!")

    for headers in ({}, {"Accept": "text/html"}, {"Range": "bytes=0-9"}):
        assert ask(limited, **headers).status_code == 401
    assert used(limited) == 0


@pytest.mark.usefixtures("backend")
def test_sixteen_parts__are_one_download(limited: ShareLink) -> None:
    parts = [
        fetch(limited, Range=f"bytes={start}-{start + 6}", If_Range=f'"{limited.file.sha256}"')
        for start in range(0, 100, 7)
    ]

    assert {status for status, _body in parts} == {206}
    assert b"".join(body for _status, body in parts) == CONTENT
    assert used(limited) == 1


def test_range_that_covers_all__is_a_download_each_time(limited: ShareLink) -> None:
    for number in (1, 2):
        assert fetch(limited, Range="bytes=0-9999") == (206, CONTENT)
        assert used(limited) == number
    assert fetch(limited, Range="bytes=0-")[0] == 404


@pytest.mark.usefixtures("backend")
def test_parts_of_many__do_not_pass_the_limit(limited: ShareLink) -> None:
    outcomes = [
        fetch(limited, Range="bytes=0-98", address=f"192.0.2.{number}") for number in range(5)
    ]

    assert outcomes[:2] == [(206, CONTENT[:99])] * 2
    assert {status for status, _body in outcomes[2:]} == {404}
    assert used(limited) == 2


def test_each_program_at_one_address__begins_a_download_of_its_own(limited: ShareLink) -> None:
    for program in ("curl/8", "Firefox"):
        for _ in range(2):
            assert fetch(limited, Range="bytes=0-9", User_Agent=program)[0] == 206

    assert used(limited) == 2
    assert fetch(limited, Range="bytes=0-9", User_Agent="wget")[0] == 404


@pytest.mark.usefixtures("backend")
def test_download_that_was_cut__is_resumed_though_the_link_is_used_up(limited: ShareLink) -> None:
    assert fetch(limited) == (200, CONTENT)
    assert fetch(limited, address=ELSEWHERE) == (200, CONTENT)

    for start in (10, 50, 90):
        assert fetch(limited, Range=f"bytes={start}-") == (206, CONTENT[start:])
        assert fetch(limited, Range=f"bytes={start}-", address=ELSEWHERE)[0] == 206

    # All of it would be another download, in whichever way it is asked for.
    assert fetch(limited)[0] == 404
    assert fetch(limited, Range="bytes=0-")[0] == 404
    assert fetch(limited, Range="bytes=50-", If_Range='"stale"')[0] == 404
    assert fetch(limited, Range="bytes=50-", address="192.0.2.9")[0] == 404
    assert used(limited) == 2


def test_used_up_link__gives_nothing_but_parts_to_a_requester_who_began(
    limited: ShareLink,
) -> None:
    for _ in range(2):
        fetch(limited)
    for request in (
        {"method": "HEAD"},
        {"If_None_Match": "*", "Range": "bytes=0-9"},
        {"If_Match": '"other"', "Range": "bytes=0-9"},
        {"Range": "bytes=100-"},
        {"Range": "bytes=0-99"},
        {"Range": "lines=0-9"},
    ):
        answer = answer_of(ask(limited, **request))
        assert answer == answer_of(ask(f"/api/shared/{WRONG}/", **request))
        assert answer[0] == 404
    assert fetch(limited, Range="bytes=0-9") == (206, CONTENT[:10])
    assert used(limited) == 2


SLACK = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"


def test_preview_of_a_messenger__is_204_and_burns_nothing(limited: ShareLink) -> None:
    for agent in (SLACK, SLACK.upper(), "TelegramBot (like TwitterBot)", "WhatsApp/2.24.1 A"):
        assert fetch(limited, User_Agent=agent, Range="bytes=0-9") == (204, b"")
        assert ask(limited, method="HEAD", User_Agent=agent).status_code == 200

    assert used(limited) == 0
    assert not RangeGrant.objects.exists()


def test_preview__says_nothing_of_a_password_and_of_what_is_over(limited: ShareLink) -> None:
    ShareLink.objects.update(password="!")
    assert ask(limited, User_Agent=SLACK).status_code == 401

    ShareLink.objects.update(revoked_at=timezone.now())
    answer = answer_of(ask(limited, User_Agent=SLACK))
    assert answer == answer_of(ask(f"/api/shared/{WRONG}/", User_Agent=SLACK))


def test_messengers__are_those_of_the_setting(limited: ShareLink, settings: Any) -> None:
    settings.ORG_FILES = settings.ORG_FILES | {"LINK_PREVIEW_AGENTS": ["ChatterBox/"]}

    assert ask(limited, User_Agent="chatterbox/7").status_code == 204
    assert fetch(limited, User_Agent=SLACK) == (200, CONTENT)

    settings.ORG_FILES = settings.ORG_FILES | {"LINK_PREVIEW_AGENTS": []}
    assert fetch(limited, User_Agent="ChatterBox/7") == (200, CONTENT)
    assert used(limited) == 2


def test_parts_an_hour_later__are_a_new_download(limited: ShareLink) -> None:
    fetch(limited)
    an_hour_ago = timezone.now() - timedelta(minutes=61)
    RangeGrant.objects.update(began_at=an_hour_ago)

    assert fetch(limited, Range="bytes=10-")[0] == 206
    assert used(limited) == 2
    RangeGrant.objects.update(began_at=an_hour_ago)
    assert fetch(limited, Range="bytes=10-")[0] == 404
    assert ask(limited, method="HEAD").status_code == 404
    assert used(limited) == 2


def test_links_to_one_file__are_used_up_apart(limited: ShareLink) -> None:
    other = make_link(limited.file, max_downloads=1)

    assert fetch(other) == (200, CONTENT)
    assert fetch(other)[0] == 404
    assert fetch(other, Range="bytes=1-") == (206, CONTENT[1:])

    assert (used(other), used(limited)) == (1, 0)
    assert fetch(limited, Range="bytes=1-")[0] == 206
    assert used(limited) == 1


def test_download_by_login__does_not_count_for_the_link(client: Client, limited: ShareLink) -> None:
    path = f"/api/files/{limited.file.public_id}/content/"
    for _ in range(3):
        assert client.get(path).getvalue() == CONTENT

    assert used(limited) == 0
    assert fetch(limited) == (200, CONTENT)
    assert client.get(f"/api/files/{limited.file.public_id}/").json()["download_count"] == 4


def test_empty_file__is_a_download_each_time(organization: AbstractOrganization, user: Any) -> None:
    link = make_link(make_stored_file(organization, user, content=b""), max_downloads=1)

    assert fetch(link, Range="bytes=0-")[0] == 416
    assert fetch(link) == (200, b"")
    assert fetch(link)[0] == 404
    assert used(link) == 1


def test_rows_of_the_ledger__outlive_link_and_file(limited: ShareLink) -> None:
    fetch(limited)

    purge_file(file=limited.file)

    assert not ShareLink.objects.exists()
    row = Download.objects.get()
    assert (row.link_id, row.user_id) == (limited.public_id, None)
    assert counters.verify().findings == []
