"""The signal of a download."""

from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from org_files import counters, get_file_model
from org_files.signals import file_downloaded
from org_files.testing.counters import assert_exact
from org_files.testing.counters.bulk import all_of
from org_files.testing.counters.cases import SiteError, only
from org_files.testing.factories import make_file, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledger_backend"),
]


@contextmanager
def connected(receiver):
    """Send the signal to ``receiver``, too."""
    file_downloaded.connect(receiver, sender=get_file_model())
    try:
        yield
    finally:
        file_downloaded.disconnect(receiver, sender=get_file_model())


def test_signal__is_sent_after_commit_and_not_after_a_rollback(file):
    user, heard = make_user(), list[dict[str, Any]]()

    def listen(sender, signal, **arguments):
        heard.append(arguments)

    with connected(listen):
        with transaction.atomic():
            counters.record_download(file=file)
            transaction.set_rollback(True)
        with transaction.atomic():
            download = counters.record_download(file=file, user=user)
            assert heard == []

        assert heard == [{"file": file, "download": download, "user": user}]
        counters.grant_download(only(file), user=user)
        counters.record_range(file=file, user=make_user())
        assert len(heard) == 3
        granted = counters.grant_downloads(all_of(file, make_file()), number=2, user=user)
    assert heard[3:] == [
        {"file": file, "download": download, "user": user} for file, download in granted
    ]


def test_receiver_that_fails__does_not_take_the_download_along(file, caplog):
    def fail(**arguments):
        raise SiteError("of the site")

    with connected(fail):
        counters.record_download(file=file)

    assert "of the site" in caplog.text
    assert_exact(file, 1)
