"""Events of a transaction: recorded when it is committed, and not after a rollback."""

from __future__ import annotations

import pytest
from django.db import transaction

from org_files import counters
from org_files.links import create_link, redeem, revoke_link
from org_files.models import AbstractFile, AbstractOrganization
from org_files.organizations import add_member
from org_files.testing.factories import make_link, make_stored_file, make_user
from tests.eventlog.conftest import Heard


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_committed", [True, False])
def test_events__are_those_of_committed_transactions(
    heard: Heard, organization: AbstractOrganization, file: AbstractFile, is_committed: bool
) -> None:
    link, user = make_link(file), make_user()
    heard.records.clear()
    with transaction.atomic():
        counters.record_download(file=file)
        add_member(organization=organization, user=user)
        make_stored_file(organization)
        create_link(file=file, user=user, expires_in=None)
        redeem(link=link, is_partial=False, address="192.0.2.1", user_agent="curl")
        revoke_link(link=link)
        file.delete()
        assert heard.records == []
        transaction.set_rollback(not is_committed)

    assert [record.event for record in heard.records] == (
        [
            "file.downloaded",
            "member.changed",
            "file.stored",
            "link.created",
            "file.downloaded",
            "link.used",
            "link.revoked",
            "file.purged",
        ]
        if is_committed
        else []
    )
