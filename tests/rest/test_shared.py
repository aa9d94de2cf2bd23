"""GET and HEAD shared/{token}/: the bytes, and what is told of a link that does not open."""

import logging
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.signals import request_finished
from django.db import close_old_connections
from django.utils import timezone

from org_files import counters
from org_files.files import purge_file, restore_file, trash_file
from org_files.links import token_of
from org_files.links.services import digest_of
from org_files.models import Download, Membership, RangeGrant, Role, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.conftest import blobs
from tests.rest.contents import CONTENT
from tests.rest.shares import WRONG, answer_of, ask, fetch, observed, url, used

UNKNOWN = f"/api/shared/{WRONG}/"
AGO = timezone.now() - timedelta(seconds=1)


def test_link__gives_the_bytes_under_the_original_name(client, organization, user):
    file = make_stored_file(organization, user, name="Отчёт за май.txt", content=CONTENT)
    link = make_link(file)

    status, headers, body = answer_of(ask(link))

    assert (status, body) == (200, CONTENT)
    assert answer_of(ask(link, method="HEAD")) == (200, headers, b"")
    by_login = client.head(f"/api/files/{file.public_id}/content/").headers
    assert headers["Content-Disposition"] == by_login["Content-Disposition"]
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["ETag"] == by_login["ETag"]
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in headers["Cache-Control"]
    assert "sandbox" in headers["Content-Security-Policy"]
    refused = ask(UNKNOWN).headers
    assert headers["Referrer-Policy"] == refused["Referrer-Policy"] == "no-referrer"
    assert refused["Cache-Control"] == "no-store"


def test_credentials__change_nothing_and_are_not_in_the_ledger(client, link):
    assert fetch(link, Authorization="Bearer stale") == (200, CONTENT)
    assert fetch(link, Cookie="sessionid=x") == (200, CONTENT)
    assert client.get(url(link)).getvalue() == CONTENT

    assert {row.organization_id for row in Download.objects.all()} == {link.file.organization_id}
    assert used(link) == 3


def test_disposition__is_inline_for_what_may_be(organization, user):
    for name, expected in (("a.txt", "inline"), ("a.html", "attachment")):
        link = make_link(make_stored_file(organization, user, name=name, content=CONTENT))
        header = ask(link, query="?disposition=inline").headers["Content-Disposition"]
        assert header.startswith(expected)
        assert ask(link, query="?disposition=other").status_code == 400


def test_other_methods__are_405_for_every_token(link):
    for path in (url(link), UNKNOWN):
        assert ask(path, method="DELETE").status_code == 405


def update(**values):
    return lambda link: ShareLink.objects.update(**values)


def remove(link):
    """Remove the file of ``link`` and its bytes."""
    purge_file(file=link.file)
    storages["org_files"].delete(link.file.content.name)


#: What ends a link: calls that are given the link, and leave the URL as it was.
KEPT = {
    "expire": update(expires_at=AGO),
    "revoke": update(revoked_at=AGO),
    "use up": update(max_downloads=2, used=2),
    "trash": lambda link: trash_file(file=link.file),
    "disable": lambda link: type(link.created_by).objects.update(is_active=False),
    "demote": lambda link: Membership.objects.update(role=Role.VIEWER),
    "leave": lambda link: Membership.objects.filter(user=link.created_by).delete(),
}
ENDS = KEPT | {
    "let the file expire": lambda link: type(link.file).objects.update(expires_at=AGO),
    "remove": remove,
    "delete the creator": lambda link: link.created_by.delete(),
    "give away": lambda link: type(link.file).objects.update(owner=None),
}
REQUESTS = [
    {},
    {"method": "HEAD"},
    {"method": "POST", "body": "{"},
    {"Range": "bytes=0-9"},
    {"If_None_Match": "*"},
    {"Accept": "text/html"},
    {"query": "?disposition=inline"},
    {"Sec_Purpose": "prefetch"},
]


@pytest.mark.parametrize("end", ENDS)
def test_link_that_is_over__answers_like_an_unknown_one_by_the_same_statements(link, end):
    make_link(link.file)
    path = url(link)
    assert ask(path).status_code == 200
    if end in ("trash", "revoke"):
        ShareLink.objects.filter(pk=link.pk).update(password="!")
        assert ask(path).status_code == 401

    ENDS[end](link)

    # From elsewhere: a requester who began a download may fetch the rest.
    for request in REQUESTS[: {"revoke": 8, "use up": 4}.get(end, 1)]:
        over, unknown = (observed(each, address="192.0.2.1", **request) for each in (path, UNKNOWN))
        assert over[0] == unknown[0]
        assert over[0][0] == 404
        assert end not in KEPT or over[1] == unknown[1]
    assert Download.objects.count() == 1


@pytest.mark.parametrize(
    ("creator", "other"), [("user", "admin"), ("admin", "superuser"), ("superuser", "user")]
)
def test_refusals__take_as_many_statements_for_each_creator(request, creator, other):
    # For an unknown token, the link with the next digest is looked at.
    first = request.getfixturevalue("link")
    ShareLink.objects.update(token_digest=digest_of(WRONG)[:-1] + "g")
    ShareLink.objects.update(created_by=request.getfixturevalue(other))
    link = make_link(first.file, request.getfixturevalue(creator))
    KEPT["revoke"](link)

    assert len(observed(url(link))[1]) == len(observed(UNKNOWN)[1])


def test_odd_token__is_404_and_no_download(link):
    token, unknown = token_of(link) or "", answer_of(ask(UNKNOWN))
    for odd in (token.swapcase(), token[:-1], f"{token}%0A", f"{token}A", "%FF%FE", "x" * 8000):
        assert answer_of(ask(f"/api/shared/{odd}/")) == unknown
    # Nor does the database know what opens it.
    for known in (link.token_digest, link.public_id, link.pk):
        assert fetch(f"/api/shared/{known}/")[0] == unknown[0] == 404
    assert used(link) == 0


def test_path_of_what_is_refused__is_not_logged(link, caplog):
    ShareLink.objects.update(password="!")
    token = token_of(link) or ""

    with caplog.at_level(logging.DEBUG):
        ask(link)
        ask(link, method="POST", body='{"password": "wrong-one-1"}')
        ask(link, method="POST", body='{"password": ["wrong-one-1"]}')
        ask(link, method="PUT")
        ask(UNKNOWN)

    records = [str(vars(r)) for r in caplog.records if r.name != "django.db.backends"]
    assert records
    for text in (caplog.text, *records):
        assert not any(secret in text for secret in (token, WRONG, "wrong-one-1"))


def test_restored_file__is_shared_again_with_what_was_left(link):
    ShareLink.objects.update(max_downloads=2)
    assert fetch(link) == (200, CONTENT)
    trash_file(file=link.file)
    for headers in ({}, {}, {"Range": "bytes=10-"}):
        assert fetch(link, **headers)[0] == 404

    restore_file(file=link.file)

    assert used(link) == 1
    assert fetch(link) == (200, CONTENT)
    assert fetch(link)[0] == 404


# A store that fails, and links and files that end while they are asked for


@pytest.mark.usefixtures("backend")
def test_bytes_that_are_lost__use_nothing_up_and_record_nothing(limited, settings):
    [path] = blobs(settings)
    path.unlink()
    for headers in ({}, {"Range": "bytes=0-9"}):
        response = ask(limited, **headers)
        assert (response.status_code, response.json()["code"]) == (503, "content_unavailable")
        assert int(response.headers["Retry-After"]) > 0
    assert not Download.objects.exists()
    assert not RangeGrant.objects.exists()
    path.write_bytes(CONTENT)
    assert fetch(limited, **headers)[0] == 206
    assert used(limited) == 1


@pytest.fixture
def _connection_kept():
    """A response that the view closes does not end the test's transaction."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("_connection_kept", "backend")
@pytest.mark.parametrize(
    ("end", "headers"),
    [("use up", {}), ("revoke", {"Range": "bytes=0-9"}), ("expire", {}), ("remove", {})],
)
def test_link_that_ends_at_this_moment__is_404_and_nothing_is_recorded(
    limited, monkeypatch, headers, end
):
    storage = storages["org_files"]
    really_open, opened = storage.open, []

    def end_first(*args):
        ENDS[end](limited)
        opened.append(really_open(*args))
        return opened[-1]

    monkeypatch.setattr(storage, "open", end_first)

    assert fetch(limited, **headers)[0] == 404
    assert not Download.objects.exists()
    assert not RangeGrant.objects.exists()
    assert counters.verify().findings == []
    assert all(content.closed for content in opened)
    assert len(opened) == (end != "remove")
