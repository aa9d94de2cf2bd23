"""GET and HEAD shared/{token}/: the bytes, and who is told what of a link that is none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files.files import purge_file, trash_file
from org_files.links import token_of
from org_files.models import AbstractOrganization, Download, Membership, Role, ShareLink
from org_files.testing.factories import make_link, make_stored_file
from tests.rest.contents import CONTENT
from tests.rest.shares import WRONG, answer_of, ask, fetch, statements, url, used


def test_link__gives_the_bytes_under_the_original_name(
    client: Client, organization: AbstractOrganization, user: Any
) -> None:
    file = make_stored_file(organization, user, name="Отчёт за май.txt", content=CONTENT)

    response = ask(make_link(file))

    assert (response.status_code, response.body) == (200, CONTENT)
    by_login = client.head(f"/api/files/{file.public_id}/content/")
    assert response.headers["Content-Disposition"] == by_login.headers["Content-Disposition"]
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["ETag"] == by_login.headers["ETag"]


def test_answer__is_kept_from_other_sites_search_engines_and_shared_caches(
    link: ShareLink,
) -> None:
    status, headers, body = answer_of(ask(link, method="HEAD"))
    assert (status, body) == (200, b"")
    assert headers == answer_of(ask(link))[1]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in headers["Cache-Control"]
    assert "sandbox" in headers["Content-Security-Policy"]
    refused = ask(f"/api/shared/{WRONG}/").headers
    assert refused["Referrer-Policy"] == "no-referrer"
    assert refused["Cache-Control"] == "no-store"


def test_credentials__change_nothing_and_are_not_in_the_ledger(
    client: Client, link: ShareLink
) -> None:
    assert fetch(link, Authorization="Bearer stale") == (200, CONTENT)
    assert fetch(link, Cookie="sessionid=x") == (200, CONTENT)
    assert client.get(url(link)).getvalue() == CONTENT

    for row in Download.objects.all():
        assert (row.user_id, row.link_id) == (None, link.public_id)
        assert row.file_public_id == link.file.public_id
        assert row.organization_id == link.file.organization_id
    assert used(link) == 3


def test_disposition__is_inline_for_what_may_be(
    organization: AbstractOrganization, user: Any
) -> None:
    for name, expected in (("a.txt", "inline"), ("a.html", "attachment")):
        link = make_link(make_stored_file(organization, user, name=name, content=CONTENT))
        header = ask(link, query="?disposition=inline").headers["Content-Disposition"]
        assert header.startswith(expected)
        assert ask(link, query="?disposition=other").status_code == 400


def test_other_methods__are_405_for_every_token(link: ShareLink) -> None:
    for path in (url(link), f"/api/shared/{WRONG}/"):
        assert ask(path, method="DELETE").status_code == 405


# What ends a link. Each is given the link, and leaves the URL as it was.


def expire(link: ShareLink) -> None:
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(milliseconds=1))


def revoke(link: ShareLink) -> None:
    ShareLink.objects.update(revoked_at=timezone.now())


def use_up(link: ShareLink) -> None:
    ShareLink.objects.update(max_downloads=2, used=2)


def trash(link: ShareLink) -> None:
    trash_file(file=link.file)


def let_the_file_expire(link: ShareLink) -> None:
    type(link.file).objects.update(expires_at=timezone.now() - timedelta(milliseconds=1))


def purge(link: ShareLink) -> None:
    purge_file(file=link.file)


def disable(link: ShareLink) -> None:
    type(link.created_by).objects.filter(pk=link.created_by_id).update(is_active=False)


def demote(link: ShareLink) -> None:
    Membership.objects.update(role=Role.VIEWER)


def leave(link: ShareLink) -> None:
    Membership.objects.filter(user=link.created_by).delete()


def delete_the_creator(link: ShareLink) -> None:
    link.created_by.delete()


def give_away(link: ShareLink) -> None:
    type(link.file).objects.update(owner=None)


def remove(link: ShareLink) -> None:
    link.delete()


ENDS = [
    expire,
    revoke,
    use_up,
    trash,
    let_the_file_expire,
    purge,
    disable,
    leave,
    delete_the_creator,
    give_away,
    remove,
]

REQUESTS: list[dict[str, str]] = [
    {},
    {"method": "HEAD"},
    {"method": "POST", "body": "{"},
    {"Range": "bytes=0-9"},
    {"If_None_Match": "*"},
    {"Accept": "text/html"},
    {"query": "?disposition=inline"},
    {"Sec_Purpose": "prefetch"},
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_link_that_is_over__answers_byte_for_byte_like_one_that_never_was(
    organization: AbstractOrganization, user: Any, end: Callable[..., None]
) -> None:
    file = make_stored_file(organization, user, content=CONTENT)
    link = make_link(file, password="!" if end in (trash, revoke) else "")
    path = url(link)
    assert ask(path).status_code == (401 if link.password else 200)
    before = Download.objects.count()

    end(link)

    for request in REQUESTS:
        # From elsewhere: a requester who began a download may fetch the rest.
        answer = answer_of(ask(path, address="192.0.2.1", **request))
        assert answer == answer_of(ask(f"/api/shared/{WRONG}/", address="192.0.2.1", **request))
        assert answer[0] == 404
    assert Download.objects.count() == before


def test_odd_token__is_404_and_no_download(link: ShareLink) -> None:
    token = token_of(link) or ""
    for odd in (token.swapcase(), token[:-1], f"{token}%0A", f"{token}A", "%FF%FE", "x" * 8000):
        answer = answer_of(ask(f"/api/shared/{odd}/"))
        assert answer == answer_of(ask(f"/api/shared/{WRONG}/"))
        assert answer[0] == 404
    # Nor does the database know what opens it.
    for known in (link.token_digest, link.public_id, link.pk):
        assert fetch(f"/api/shared/{known}/")[0] == 404
    assert used(link) == 0


@pytest.mark.parametrize(
    "end",
    [expire, revoke, use_up, trash, disable, demote, leave],
    ids=lambda end: end.__name__,
)
def test_refusals__take_the_same_statements(link: ShareLink, end: Callable[..., None]) -> None:
    make_link(link.file)
    end(link)
    path = url(link)

    for request in ({}, {"Range": "bytes=0-9"}, {"method": "POST", "body": "{"}):
        assert statements(path, **request) == statements(f"/api/shared/{WRONG}/", **request)


@pytest.mark.parametrize(
    ("creator", "other"), [("user", "admin"), ("admin", "superuser"), ("superuser", "user")]
)
def test_refusals__take_as_many_statements_for_each_creator(
    request: Any, creator: str, other: str
) -> None:
    # For a token of no link, the first of all links is looked at.
    first = request.getfixturevalue("link")
    ShareLink.objects.update(created_by=request.getfixturevalue(other))
    link = make_link(first.file, request.getfixturevalue(creator))
    revoke(link)

    for asked in ({}, {"Range": "bytes=0-9"}):
        taken = statements(url(link), **asked)
        assert len(taken) == len(statements(f"/api/shared/{WRONG}/", **asked))


def test_path_of_what_is_refused__is_not_logged(
    link: ShareLink, caplog: pytest.LogCaptureFixture
) -> None:
    ShareLink.objects.update(password="!")
    token = token_of(link) or ""

    with caplog.at_level(logging.DEBUG):
        ask(link)
        ask(link, method="POST", body='{"password": "wrong-one-1"}')
        ask(link, method="POST", body='{"password": ["wrong-one-1"]}')
        ask(link, method="PUT")
        ask(f"/api/shared/{WRONG}/")

    records = [
        str(vars(record)) for record in caplog.records if record.name != "django.db.backends"
    ]
    assert records
    for text in (caplog.text, *records):
        assert token not in text
        assert WRONG not in text
        assert "wrong-one-1" not in text
