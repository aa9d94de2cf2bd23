"""Signals and events of share links."""

import logging

import pytest
from django.db import transaction

from org_files.exceptions import LinkOver
from org_files.links import change_link, redeem, revoke_link, token_of
from org_files.models import Download, ShareLink
from org_files.signals import file_downloaded, link_created, link_revoked, link_used
from org_files.testing.factories import make_link

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTER = {"address": "198.51.100.7", "user_agent": "curl/8"}

SIGNALS = {link_created: "created", link_used: "used", link_revoked: "revoked"}


@pytest.fixture
def said():
    """Names and arguments of the signals sent."""
    heard = []

    def hear(sender, signal, **arguments):
        assert sender is ShareLink
        heard.append((SIGNALS[signal], arguments))

    for signal in SIGNALS:
        signal.connect(hear, sender="org_files.ShareLink")
    yield heard
    for signal in SIGNALS:
        signal.disconnect(hear, sender=ShareLink)


def test_life_of_a_link__sends_signals(said):
    link = make_link()
    download = redeem(link=link, is_partial=False, **REQUESTER)
    change_link(link=link, label="New")
    for each in (link, link, ShareLink.objects.get()):
        revoke_link(link=each)

    assert said == [
        ("created", {"link": link, "user": link.created_by}),
        ("used", {"link": link, "download": download}),
        ("revoked", {"link": link}),
    ]


def test_parts__are_one_use(said):
    link = make_link()

    rows = [redeem(link=link, is_partial=True, **REQUESTER) for _ in range(3)]

    assert [name for name, _ in said] == ["created", "used"]
    assert said[1][1]["download"] == rows[0]
    assert rows[1:] == [None, None]


def test_refused_use__is_neither_announced_nor_recorded(said):
    link = make_link(max_downloads=1)
    redeem(link=link, is_partial=False, **REQUESTER)
    downloads = []

    def hear(sender, download, **arguments):
        downloads.append(download)

    file_downloaded.connect(hear, sender=type(link.file))
    for is_partial in (True, False):
        with pytest.raises(LinkOver):
            redeem(link=link, is_partial=is_partial, address="192.0.2.1", user_agent="")
    file_downloaded.disconnect(hear, sender=type(link.file))

    assert downloads == []
    assert [name for name, _ in said] == ["created", "used"]
    assert Download.objects.count() == 1


def test_rolled_back_changes__send_no_signal(said):
    link = make_link()
    said.clear()

    with transaction.atomic():
        make_link(link.file)
        redeem(link=link, is_partial=False, **REQUESTER)
        revoke_link(link=link)
        transaction.set_rollback(True)

    assert said == []
    link.refresh_from_db()
    assert (link.used, link.revoked_at) == (0, None)


def test_receiver_that_fails__does_not_fail_the_caller(said):
    def fail(sender, **arguments):
        raise RuntimeError

    for signal in SIGNALS:
        signal.connect(fail, sender=ShareLink)
    try:
        link = make_link()
        assert redeem(link=link, is_partial=False, **REQUESTER) is not None
        revoke_link(link=link)
    finally:
        for signal in SIGNALS:
            signal.disconnect(fail, sender=ShareLink)

    assert [name for name, _ in said] == ["created", "used", "revoked"]


def test_events__name_link_and_file_but_not_the_token(caplog):
    with caplog.at_level(logging.INFO, "org_files"):
        link = make_link(password="hush-hush")
        redeem(link=link, is_partial=False, **REQUESTER)
        revoke_link(link=link)

    records = [r for r in caplog.records if r.name == "org_files.links"]
    assert [record.event for record in records] == ["link.created", "link.used", "link.revoked"]
    for record in records:
        assert (record.object_type, record.object_id) == ("link", str(link.public_id))
        assert record.details["file"] == str(link.file.public_id)
        assert record.organization == str(link.file.organization_id)
        for secret in (token_of(link) or "", link.token_digest, "hush-hush"):
            assert secret not in str(vars(record))
