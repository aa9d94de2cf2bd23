"""Events of share links, which have nothing that opens a link."""

import logging

import pytest
from django.test import Client

from org_files.links import revoke_link, token_of
from org_files.models import ShareLink
from org_files.testing.factories import make_link
from tests.accounts.clients import call
from tests.eventlog.conftest import MIDDLEWARE, Heard, assert_refused, assert_says
from tests.rest.requests import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_commits")]

PASSWORD = "open, sesame 42"


@pytest.fixture
def link(file, user):
    """A link of the user's."""
    return make_link(file, user)


@pytest.fixture
def everything():
    """The records of every logger at any level, not masked, without statements of SQL."""
    handler, before = Heard(), {}
    handler.addFilter(lambda record: not record.name.startswith("django.db"))
    for name in ("", "django", "django.request", "django.security", "org_files"):
        logger = logging.getLogger(name)
        before[logger] = logger.level
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    for logger, level in before.items():
        logger.setLevel(level)


def url(link):
    return f"/api/shared/{token_of(link)}/"


def ask(path, *, method="GET", **headers):
    """Return the status of an answer that is read to its end."""
    response = Client().generic(method, path, headers=headers)
    response.getvalue()
    return int(response.status_code)


def about(link):
    """Return the fields that every event of ``link`` has."""
    return {
        "obj": link.public_id,
        "kind": "link",
        "organization": link.file.organization_id,
        "file": str(link.file.public_id),
    }


def test_life_of_a_link__is_recorded(heard, file, user):
    client = signed_in(user)
    made = call(f"/api/files/{file.public_id}/links/", by=client, expires_in=600)
    assert made.status_code == 201
    link = ShareLink.objects.get()
    for method in ("HEAD", "OPTIONS", "GET"):
        assert ask(url(link), method=method) == 200
    assert client.delete(f"/api/links/{link.public_id}/").status_code == 204

    assert_says(heard.one("link.created"), **about(link), actor=user.pk)
    # The site does not know who has the URL.
    assert_says(used := heard.one("link.used"), **about(link))
    assert_says(heard.one("link.revoked"), **about(link), actor=user.pk)
    requests = [heard.one(f"link.{event}").request_id for event in ("created", "used", "revoked")]
    assert len(set(requests)) == 3
    downloaded = heard.one("file.downloaded")
    assert (downloaded.actor, downloaded.request_id) == ("", used.request_id)


def test_parts_and_a_second_revocation__are_recorded_once(heard, link):
    for first in (0, 2, 4):
        assert ask(url(link), Range=f"bytes={first}-{first + 1}") == 206
    for _ in range(2):
        revoke_link(link=link)

    assert_says(heard.one("link.used"), **about(link))
    assert_says(heard.one("link.revoked"), **about(link), in_request=False)


def test_revocation_in_the_admin__has_its_user(heard, link, operator, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    operator.is_superuser = True
    operator.save()
    browser = Client()
    browser.force_login(operator)

    browser.post("/admin/org_files/sharelink/", {"action": "revoke", "_selected_action": [link.pk]})

    assert_says(heard.one("link.revoked"), **about(link), actor=operator.pk)


def test_denied_password__is_recorded_without_the_token(heard, file, user):
    link = make_link(file, user, password=PASSWORD)

    assert Client().get(url(link)).status_code == 401
    assert Client().post(url(link), {"password": "no"}).status_code == 403

    required, wrong = heard.of("access.denied")
    path = "/api/shared/***/"
    assert_refused(required, status=401, code="password_required", method="GET", path=path)
    assert_refused(wrong, status=403, code="password_wrong", method="POST", path=path)


def test_no_record_of_any_logger__has_what_opens_a_link(everything, file, user):
    client = signed_in(user)
    path = f"/api/files/{file.public_id}/links/"
    made = call(path, by=client, expires_in=600, password=PASSWORD, max_downloads=1)
    link = ShareLink.objects.get()
    token = token_of(link)
    assert token is not None
    address = f"/api/shared/{token}/"
    assert made.json()["url"].endswith(address)

    statuses = [
        ask(address),
        Client().post(address, {"password": "wrong one"}).status_code,
        ask(address, method="PUT"),
        ask(f"{address}?disposition=sideways"),
        ask(f"/api/shared/{token[:-1]}/"),
    ]
    opened = Client().post(address, {"password": PASSWORD})
    statuses += [opened.status_code, *(ask(opened.headers["Location"]) for _ in range(2))]
    statuses += [client.delete(f"/api/links/{link.public_id}/").status_code]
    statuses += [Client().post(address, {"password": PASSWORD}).status_code]

    assert statuses == [401, 403, 405, 401, 404, 303, 200, 404, 204, 404]
    access = opened.headers["Location"].partition("access=")[2]
    for event in ("link.created", "link.used", "link.revoked", "access.denied"):
        assert everything.of(event)
    secrets = (token, token[:-1], PASSWORD, "wrong one", access, link.token_digest, link.password)
    for record in everything.records:
        text = f"{record.getMessage()} {vars(record)}"
        assert [secret for secret in secrets if secret in text] == []
