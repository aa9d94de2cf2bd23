"""POST files/{id}/ticket/, and what the URL opens that it answers with."""

import logging
from datetime import datetime, timedelta
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.utils import timezone

from org_files import counters
from org_files.eventlog.masking import MaskSecrets
from org_files.models import Download, Membership, Role
from org_files.rest.tickets import SALT, new_ticket
from org_files.testing.factories import make_stored_file
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID
from tests.rest.shares import answer_of, ask


@pytest.fixture
def file(organization, user):
    """A file of the member's, which browsers may show."""
    return make_stored_file(
        organization, user, name="picture.png", content=CONTENT, content_type="image/png"
    )


@pytest.fixture
def path(file):
    return f"/api/files/{file.public_id}/content/"


@pytest.fixture
def query(user, file):
    """The query of the member's ticket for the file."""
    return new_ticket(user=user, file=file, height=None)[0]


@pytest.fixture
def ticket(path, query):
    """Path and query that the ticket opens."""
    return f"{path}?{query}"


def order(client, file, **values):
    path = f"/api/files/{file.public_id}/ticket/"
    return client.post(path, values, content_type="application/json")


def test_ticket__is_a_url_and_its_end(client, file, path):
    before = timezone.now()

    response = order(client, file)

    body = response.json()
    assert (response.status_code, body.keys()) == (200, {"url", "expires_at"})
    assert body["url"].startswith(f"http://testserver{path}?ticket=")
    end = datetime.fromisoformat(body["expires_at"])
    assert before + timedelta(seconds=300) <= end <= timezone.now() + timedelta(seconds=300)
    assert ask(f"{path}?{urlsplit(body['url']).query}").body == CONTENT


def test_ticket__counts_for_its_user_as_a_login_does(ticket, user, file):
    for start in (0, 10, 50):
        response = ask(ticket, Range=f"bytes={start}-{start + 9}")
        assert (response.status_code, response.body) == (206, CONTENT[start : start + 10])
    assert ask(ticket, method="HEAD").status_code == 200
    assert ask(ticket, If_None_Match="*").status_code == 304
    row = Download.objects.get()
    assert (row.user_id, row.file_id, row.link_id) == (user.pk, file.pk, None)

    response = ask(f"{ticket}&disposition=inline", Authorization="Bearer x", Cookie="sessionid=x")

    assert (response.status_code, response.body) == (200, CONTENT)
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "private" in response.headers["Cache-Control"]
    assert Download.objects.count() == 2
    assert counters.verify().findings == []


@pytest.mark.parametrize("seconds", [300, 30])
def test_ticket__opens_until_its_end(ticket, settings, seconds):
    settings.ORG_FILES = {"TICKET_SECONDS": seconds}
    now = timezone.now().timestamp()

    with mock.patch("django.core.signing.time.time", return_value=now + seconds - 2):
        assert [ask(ticket).status_code for _ in range(2)] == [200] * 2
    with mock.patch("django.core.signing.time.time", return_value=now + seconds + 2):
        response = ask(ticket)
    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"
    assert response.headers["WWW-Authenticate"]


def test_height__is_refused_where_it_is_none(client, file, organization):
    for height in (0, "abc", 1.5, True, 2**31, []):
        response = order(client, file, height=height)
        assert (response.status_code, list(response.json())) == (400, ["height"])
    response = order(client, make_stored_file(organization), height=200)
    assert response.status_code == 400
    assert response.json() == {"height": ["This file is no picture."]}


def test_ticket__is_not_logged(ticket, query, user, caplog):
    caplog.handler.addFilter(MaskSecrets())
    user.is_active = False
    user.save()

    with caplog.at_level(logging.DEBUG):
        ask(ticket)
        ask(ticket, method="POST")
        logging.getLogger("example").info('"GET %s HTTP/1.1" 200', ticket)

    assert '/content/?ticket=*** HTTP/1.1" 200' in caplog.text
    assert query.partition("=")[2] not in caplog.text


# What a ticket doesn't open, and what ends it.


def test_ticket__is_accepted_nowhere_else(client, organization, user, file, path, ticket, query):
    other = make_stored_file(organization, user, content=CONTENT)
    for place in (
        "files/",
        "users/me/",
        f"files/{file.public_id}/",
        f"files/{other.public_id}/content/",
        f"files/{MISSING_ID}/content/",
        f"files/{file.pk}/content/",
    ):
        assert ask(f"/api/{place}?{query}").status_code == 401, place
    for method in ("POST", "DELETE", "OPTIONS"):
        assert ask(ticket, method=method).status_code == 401
    value = parse_qs(query)["ticket"][0]
    assert ask(path, Authorization=f"Bearer {value}").status_code == 401
    # A login doesn't make up for a wrong ticket.
    assert client.get(f"{path}?ticket=x").status_code == 401
    # Nor does a ticket for one height open the original.
    key, id, height, stamp = signing.loads(value, salt=SALT)
    assert height is None
    for height in (1, 200, "200"):
        scaled = signing.dumps([key, id, height, stamp], salt=SALT)
        assert ask(f"{path}?{urlencode({'ticket': scaled})}").status_code == 401


def test_odd_ticket__is_401_like_any_other(user, file, path, ticket, query):
    expected = answer_of(ask(f"{path}?ticket=x"))
    forged = signing.dumps([str(user.pk), str(file.public_id), None, ""], salt="another")
    right = query.partition("=")[2]
    odd = ("", "::", "\0", "é", "x" * 8000, "W10:1:x", forged, right[:-1], f"{right}A")

    for value in odd:
        assert answer_of(ask(f"{path}?{urlencode({'ticket': value})}")) == expected
    # Refusals are kept from other sites, too.
    wrong = ask(f"/api/files/{file.public_id}/renditions/200/?ticket=x")
    for answer in (wrong, ask(f"{path}?ticket=x"), ask(f"{ticket}&disposition=other")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    user.is_active = False
    user.save()
    assert answer_of(ask(ticket)) == expected
    user.delete()
    assert answer_of(ask(ticket)) == expected
    assert expected[0] == 401


def test_right_that_is_lost__is_404(ticket, user):
    membership = Membership.objects.filter(user=user)
    membership.update(role=Role.VIEWER)
    assert ask(ticket).status_code == 200

    membership.delete()

    assert ask(ticket, method="HEAD").status_code == 404
    assert ask(ticket, Range="bytes=0-9").status_code == 404
    assert Download.objects.count() == 1


def test_new_password__ends_tickets_also_of_a_fallback_key(ticket, user, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"
    assert ask(ticket).status_code == 401
    settings.SECRET_KEY_FALLBACKS = ["one-that-is-older-yet-and-has-thirty-two-bytes", old]
    assert (ask(ticket).status_code, ask(ticket).body) == (200, CONTENT)

    user.password = make_password("correct horse battery staple")
    user.save()

    assert ask(ticket).status_code == 401
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
    assert ask(ticket).status_code == 401
