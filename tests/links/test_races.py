"""Concurrent requests of one share link: exactly as many get the file as it has downloads."""

from collections import Counter
from datetime import timedelta
from functools import partial
from unittest import mock

import pytest
from django.contrib.auth.hashers import check_password
from django.db import OperationalError
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.exceptions import Conflict
from org_files.files import purge_file
from org_files.links import create_link, remove_ended_links, revoke_link
from org_files.links import passwords as link_passwords
from org_files.models import Download, PasswordAttempts, RangeGrant, ShareLink
from org_files.testing.factories import make_link
from org_files.testing.threads import at_once
from tests.rest.contents import CONTENT
from tests.rest.shares import ask, fetch, url, used

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 8


@pytest.fixture(
    params=["LedgerCounters", pytest.param("DirectCounters", marks=pytest.mark.sweep)], autouse=True
)
def _backend(request, settings):
    settings.ORG_FILES = {"COUNTERS": {"BACKEND": f"org_files.counters.{request.param}"}}
    yield
    counters.fold()
    assert counters.verify().findings == []


def limit(link, downloads):
    """Give ``link`` so many downloads; return its path, which no client has to ask for."""
    ShareLink.objects.update(max_downloads=downloads)
    return url(link)


def get(path, number, **headers):
    return fetch(path, address=f"192.0.2.{number}", **headers)


def test_last_downloads__go_to_as_many_as_there_are(link):
    path = limit(link, 5)

    outcome = Counter(at_once(partial(get, path, number) for number in range(CLIENTS)))

    assert outcome.pop((200, CONTENT)) == 5
    assert {status for status, _body in outcome} == {404}
    assert outcome.total() == CLIENTS - 5
    assert used(link) == 5
    assert RangeGrant.objects.count() == 5


def test_segments_of_one_client__take_one_of_the_downloads(link):
    path = limit(link, 5)
    parts = [
        partial(get, path, 99, Range=f"bytes={start}-{start + 9}") for start in range(0, 100, 10)
    ]
    ask(path, address="192.0.2.99", Range="bytes=0-9")

    found = at_once([*parts, *(partial(get, path, number) for number in range(7))])

    assert {status for status, _body in found[:10]} == {206}
    assert b"".join(body for _status, body in found[:10]) == CONTENT
    assert Counter(status for status, _body in found[10:]) == {200: 4, 404: 3}
    assert used(link) == 5


def test_segments_that_come_first_and_together__take_one_or_none(link):
    path = limit(link, 2)
    parts = [partial(get, path, 99, Range="bytes=0-9") for _ in range(5)]

    found = Counter(
        status
        for status, _ in at_once([*parts, *(partial(get, path, number) for number in range(5))])
    )

    assert found[200] + (found[206] > 0) == 2
    assert found.total() == 10
    assert found.keys() <= {200, 206, 404}
    assert used(link) == 2


def test_revocation_among_downloads__ends_them_and_loses_none(link):
    path = url(link)
    downloads = [partial(get, path, number) for number in range(8)]

    outcome = at_once([*downloads[:4], partial(revoke_link, link=link), *downloads[4:]])

    granted = Counter(found[0] for found in outcome if found is not None)
    assert granted.keys() <= {200, 404}
    assert used(link) == granted[200]
    assert get(path, 99)[0] == 404


def test_removal_of_the_file_among_downloads__gives_whole_bytes_or_404(link):
    path = url(link)
    downloads = [
        partial(get, path, number, **({"Range": "bytes=0-98"} if number % 2 else {}))
        for number in range(8)
    ]

    outcome = at_once([*downloads[:4], partial(purge_file, file=link.file), *downloads[4:]])

    found = Counter(outcome[:4] + outcome[5:])
    granted = found.pop((200, CONTENT), 0) + found.pop((206, CONTENT[:99]), 0)
    assert {status for status, _body in found} <= {404}
    assert Download.objects.filter(link=link.public_id).count() == granted
    assert not ShareLink.objects.exists()
    assert not get_file_model()._base_manager.exists()


def patiently(call):
    """Call again after an error, as a client does after 503: MariaDB may end a transaction."""
    for _ in range(10):
        try:
            return call()
        except OperationalError:
            continue
    return call()


def test_removal_of_the_file_among_new_links__leaves_none(link):
    def attempt():
        try:
            create_link(file=link.file, user=link.created_by, expires_in=60)
        except Conflict:
            return "refused"
        return "made"

    calls = [*[attempt] * 6, partial(purge_file, file=link.file)]

    outcome = at_once(partial(patiently, call) for call in calls)

    assert set(outcome[:6]) <= {"made", "refused"}
    assert not ShareLink.objects.exists()


def test_jobs_at_once__remove_each_link_once(link):
    for _ in range(10):
        make_link(link.file, expires_at=link.created_at)
    job = partial(remove_ended_links, before=ShareLink.objects.latest("pk").created_at)

    removed = at_once([job] * 3)

    assert sum(removed) == 10
    assert list(ShareLink.objects.all()) == [link]


def knock(path, password):
    body = f'{{"password": "{password}"}}'
    return ask(path, method="POST", body=body).status_code


def test_wrong_passwords_at_once__are_checked_ten_times(link, monkeypatch):
    path = url(make_link(link.file, password="hush"))
    assert knock(path, "hush") == 303
    # Tries of killed processes, a minute ago.
    PasswordAttempts.objects.update(trying=10, booked_at=timezone.now() - timedelta(minutes=1))
    check = mock.Mock(wraps=check_password)
    monkeypatch.setattr(link_passwords, "check_password", check)

    outcome = Counter(at_once([partial(knock, path, "wrong")] * 12))

    assert outcome == {403: 10, 429: 2}
    assert check.call_count == 10
    assert attempts() == (10, 0)
    assert knock(path, "hush") == 429


def test_right_passwords_at_once__are_let_in_after_nine_wrong_ones(link):
    path = url(make_link(link.file, password="hush"))
    assert knock(path, "wrong") == 403
    PasswordAttempts.objects.update(failed=9)

    assert at_once([partial(knock, path, "hush")] * 4) == [303] * 4
    assert attempts() == (9, 0)


def attempts():
    row = PasswordAttempts.objects.get()
    return row.failed, row.trying
