"""Download limits of share links: the requests that count, and those that do not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files import counters
from org_files.files import change_file, purge_file
from org_files.models import Download, RangeGrant, ShareLink
from org_files.serving import original
from org_files.testing.factories import make_link
from tests.rest.contents import CONTENT
from tests.rest.shares import WRONG, answer_of, ask, fetch, used

ELSEWHERE = "192.0.2.1"
SLACK = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"


@pytest.mark.usefixtures("backend")
def test_whole_gets__use_the_link_up(limited, client):
    for number in (1, 2):
        assert fetch(limited) == (200, CONTENT)
        assert used(limited) == number
    assert fetch(limited)[0] == 404

    row = client.get(f"/api/links/{limited.public_id}/").json()
    assert (row["state"], row["download_count"], row["time_left"]) == ("exhausted", 2, 0)
    file = f"/api/files/{limited.file.public_id}/"
    assert client.get(file).json()["download_count"] == 2
    # A download by login does not count for the link.
    assert client.get(f"{file}content/").getvalue() == CONTENT
    assert used(limited) == 2
    assert counters.verify().findings == []


def test_request_without_content__burns_nothing(limited):
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
        ({"User_Agent": SLACK, "Range": "bytes=0-9"}, 204),
        ({"User_Agent": "TelegramBot (like TwitterBot)"}, 204),
        ({"User_Agent": SLACK, "method": "HEAD"}, 200),
    ):
        assert ask(limited, **request).status_code == status, request
    # Nor does the page that asks for a password, which previews get, too.
    ShareLink.objects.update(password="!")
    for headers in ({"Range": "bytes=0-9"}, {"Accept": "text/html", "User_Agent": SLACK}):
        assert ask(limited, **headers).status_code == 401

    assert used(limited) == 0
    assert not RangeGrant.objects.exists()
    ShareLink.objects.update(revoked_at=timezone.now())
    over, unknown = ask(limited, User_Agent=SLACK), ask(f"/api/shared/{WRONG}/", User_Agent=SLACK)
    assert answer_of(over) == answer_of(unknown)


def test_messengers__are_those_of_the_setting(limited, settings):
    settings.ORG_FILES = settings.ORG_FILES | {"LINK_PREVIEW_AGENTS": ["ChatterBox/"]}
    assert ask(limited, User_Agent="chatterbox/7").status_code == 204
    assert fetch(limited, User_Agent=SLACK) == (200, CONTENT)

    settings.ORG_FILES = settings.ORG_FILES | {"LINK_PREVIEW_AGENTS": []}
    assert fetch(limited, User_Agent="ChatterBox/7") == (200, CONTENT)
    assert used(limited) == 2


@pytest.mark.usefixtures("backend")
def test_parts__are_one_download_of_each_requester(limited):
    for address in (ELSEWHERE, "192.0.2.2"):
        starts = range(0, 100, 50)
        ranges = [f"bytes={start}-{start + 49}" for start in starts]
        tag = original(limited.file).etag
        parts = [fetch(limited, Range=r, If_Range=tag, address=address) for r in ranges]
        assert parts == [(206, CONTENT[start : start + 50]) for start in starts]

    assert used(limited) == 2
    assert fetch(limited, Range="bytes=0-98", address="192.0.2.3")[0] == 404
    assert fetch(limited, Range="bytes=0-9", User_Agent="wget", address=ELSEWHERE)[0] == 404


def test_download_that_was_cut__is_resumed_though_the_link_is_used_up(limited):
    assert fetch(limited, Range="bytes=0-9999") == (206, CONTENT)
    assert fetch(limited, address=ELSEWHERE) == (200, CONTENT)

    assert fetch(limited, Range="bytes=10-") == (206, CONTENT[10:])
    assert fetch(limited, Range="bytes=90-", address=ELSEWHERE)[0] == 206

    # Another link to the file is used up apart.
    other = make_link(limited.file, max_downloads=1)
    assert fetch(other, Range="bytes=10-") == (206, CONTENT[10:])
    assert (used(other), used(limited)) == (1, 2)
    # Any valid range belongs to it, also where the answer is the whole or has no content.
    for headers, answer in (
        ({"Range": "bytes=0-"}, (206, CONTENT)),
        ({"Range": "bytes=50-", "If_Range": '"stale"'}, (200, CONTENT)),
        ({"Range": "bytes=0-9,20-29"}, (200, CONTENT)),
    ):
        assert fetch(limited, **headers) == answer, headers
    assert ask(limited, Range="bytes=100-").status_code == 416
    assert ask(limited, Range="bytes=0-9", If_None_Match="*").status_code == 304
    # A request without one is another download.
    unknown = answer_of(ask(f"/api/shared/{WRONG}/"))
    for request in (
        {},
        {"Range": "bytes=9-5"},
        {"If_None_Match": "*"},
        {"Range": "bytes=50-", "address": "192.0.2.9"},
        {"Range": "lines=0-9"},
    ):
        assert answer_of(ask(limited, **request)) == unknown
    assert ask(limited, method="HEAD").status_code == 404
    assert used(limited) == 2


def test_player_that_probes__gets_the_whole_of_a_link_with_one_download(limited):
    ShareLink.objects.update(max_downloads=1)
    player = {"User_Agent": "AppleCoreMedia/1.0.0.21E236 (iPhone; U; CPU OS 17_4 like Mac OS X)"}

    assert fetch(limited, Range="bytes=0-1", **player) == (206, CONTENT[:2])
    assert fetch(limited, Range="bytes=0-99", **player) == (206, CONTENT)
    assert used(limited) == 1


def test_download_that_is_resumed_after_a_rename__is_the_whole_and_the_same(limited):
    ShareLink.objects.update(max_downloads=1)
    tag = ask(limited).headers["ETag"]
    change_file(file=limited.file, name="renamed.txt")

    response = ask(limited, Range="bytes=50-", If_Range=tag)

    assert (response.status_code, response.body) == (200, CONTENT)
    assert response.headers["Content-Disposition"] == 'attachment; filename="renamed.txt"'
    assert used(limited) == 1


def test_parts_an_hour_later__are_a_new_download(limited):
    fetch(limited)
    for number, status in ((2, 206), (2, 404)):
        RangeGrant.objects.update(began_at=timezone.now() - timedelta(minutes=61))
        assert fetch(limited, Range="bytes=10-")[0] == status
        assert used(limited) == number


def test_rows_of_the_ledger__outlive_link_file_and_creator(limited):
    fetch(limited)

    purge_file(file=limited.file)
    limited.created_by.delete()

    assert not ShareLink.objects.exists()
    row = Download.objects.get()
    assert (row.link_id, row.user_id) == (limited.public_id, None)
    assert counters.verify().findings == []
