"""The signal of a download."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from org_files import counters, get_file_model
from org_files.models import AbstractFile
from org_files.signals import file_downloaded
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledger_backend"),
]


class HostError(Exception):
    """Something that goes wrong in a view of the site."""


@pytest.fixture
def heard() -> Any:
    """The arguments of each signal."""
    told: list[dict[str, Any]] = []

    def listen(sender: Any, signal: Any, **arguments: Any) -> None:
        told.append(arguments)

    file_downloaded.connect(listen, sender=get_file_model())
    yield told
    file_downloaded.disconnect(listen, sender=get_file_model())


def test_signal__is_sent_after_commit_and_not_after_a_rollback(
    file: AbstractFile, heard: list[dict[str, Any]]
) -> None:
    user = make_user()

    with transaction.atomic():
        counters.record_download(file=file)
        transaction.set_rollback(True)
    with transaction.atomic():
        download = counters.record_download(file=file, user=user)
        assert heard == []

    assert heard == [{"file": file, "download": download, "user": user}]
    counters.grant_download(get_file_model()._base_manager.all(), user=user)
    counters.record_range(file=file, user=make_user())
    assert len(heard) == 3


def test_receiver_that_fails__does_not_take_the_download_along(
    file: AbstractFile, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**arguments: Any) -> None:
        raise HostError("of the site")

    file_downloaded.connect(fail, sender=get_file_model())
    try:
        counters.record_download(file=file)
    finally:
        file_downloaded.disconnect(fail, sender=get_file_model())

    assert "of the site" in caplog.text
    assert_exact(file, 1)
