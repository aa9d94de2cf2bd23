"""What any backend does with one download."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

from org_files import counters, get_file_model
from org_files.models import AbstractFile, Download, Membership
from org_files.signals import file_downloaded
from tests.counters.conftest import Clock
from tests.counters.totals import assert_exact, read_totals
from tests.factories import join, make_file, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("backend")]


class HostError(Exception):
    """Something that goes wrong in a view of the site."""


def only(file: AbstractFile) -> QuerySet[AbstractFile]:
    return get_file_model()._base_manager.filter(pk=file.pk)


def test_file_never_downloaded__counts_none(file: AbstractFile) -> None:
    assert_exact(file, 0)
    assert read_totals(file).file_at is None


def test_download__is_one_row_of_the_ledger(file: AbstractFile, clock: Clock) -> None:
    user = make_user()

    returned = counters.record_download(file=file, user=user)

    row = Download.objects.get()
    assert returned.pk == row.pk
    assert (row.file_id, row.file_public_id) == (file.pk, file.public_id)
    assert (row.organization_id, row.user_id) == (file.organization_id, user.pk)
    assert row.link_id is None
    assert row.downloaded_at == clock.time


def test_download_through_a_link__names_the_link_and_no_user(file: AbstractFile) -> None:
    class Link:
        pk = 17

    counters.record_download(file=file, link=Link())

    row = Download.objects.get()
    assert (row.link_id, row.user_id) == (17, None)


def test_downloads__are_in_both_totals_at_once(file: AbstractFile, clock: Clock) -> None:
    for downloads in (1, 2, 3):
        clock.advance(minutes=1)
        counters.record_download(file=file)

        assert_exact(file, downloads)
        assert read_totals(file).file_at == clock.time


def test_downloads_of_two_files__are_added_up_in_their_organization(file: AbstractFile) -> None:
    second = make_file(file.organization)
    elsewhere = make_file()
    for downloaded in (file, second, second, elsewhere):
        counters.record_download(file=downloaded)

    assert read_totals(file).file == 1
    assert read_totals(second).file == 2
    assert read_totals(file).organization == 3
    assert_exact(elsewhere, 1)


def test_grant__finds_the_file_and_counts(file: AbstractFile, clock: Clock) -> None:
    make_file(file.organization)
    user = make_user()

    granted = counters.grant_download(only(file), user=user)

    assert granted is not None
    found, download = granted
    assert found == file
    assert (found.name, found.sha256) == (file.name, file.sha256)
    assert found.content.name == file.content.name
    row = Download.objects.get()
    assert (row.pk, row.file_id, row.user_id) == (download.pk, file.pk, user.pk)
    assert row.organization_id == download.organization_id == file.organization_id
    assert row.file_public_id == download.file_public_id == file.public_id
    assert row.downloaded_at == clock.time
    assert_exact(file, 1)


@pytest.mark.parametrize("narrow", [{"name": "another"}, {"pk__in": []}])
def test_grant_of_a_file_not_visible__counts_nothing(
    file: AbstractFile, narrow: dict[str, Any]
) -> None:
    assert counters.grant_download(only(file).filter(**narrow)) is None

    assert_exact(file, 0)


def test_grant_through_a_join_that_doubles_the_file__counts_once(file: AbstractFile) -> None:
    for _ in range(2):
        join(file.organization, make_user())
    doubled = only(file).extra(tables=[Membership._meta.db_table])
    assert doubled.count() == 2

    assert counters.grant_download(doubled) is not None

    assert_exact(file, 1)


@pytest.mark.parametrize(
    "refine",
    [
        pytest.param(lambda files: files.select_related("organization", "owner"), id="related"),
        pytest.param(lambda files: files.order_by("-created_at"), id="ordered"),
        pytest.param(lambda files: files.distinct(), id="distinct"),
        pytest.param(lambda files: counters.with_totals(files), id="with totals"),
        pytest.param(lambda files: files.defer("comment"), id="deferred"),
    ],
)
def test_grant__takes_any_queryset_of_files(file: AbstractFile, refine: Any) -> None:
    granted = counters.grant_download(refine(only(file)))

    assert granted is not None
    assert granted[0] == file
    assert_exact(file, 1)


def test_rollback_of_the_site__takes_the_count_along(file: AbstractFile) -> None:
    counters.record_download(file=file)

    def view() -> None:
        with transaction.atomic():
            counters.record_download(file=file)
            counters.grant_download(only(file))
            counters.record_range(file=file, user=make_user())
            assert_exact(file, 4)
            raise HostError

    with pytest.raises(HostError):
        view()

    assert_exact(file, 1)


def test_download_in_a_transaction_of_the_site__counts_when_it_commits(
    file: AbstractFile,
) -> None:
    with transaction.atomic():
        counters.record_download(file=file)
        with transaction.atomic():
            counters.grant_download(only(file))

    assert_exact(file, 2)


@pytest.fixture
def heard() -> Any:
    """What the signal told."""
    told: list[dict[str, Any]] = []

    def listen(sender: Any, signal: Any, **arguments: Any) -> None:
        told.append(arguments)

    file_downloaded.connect(listen, sender=get_file_model())
    yield told
    file_downloaded.disconnect(listen, sender=get_file_model())


@pytest.mark.django_db(transaction=True)
def test_signal__is_sent_after_commit(file: AbstractFile, heard: list[dict[str, Any]]) -> None:
    user = make_user()

    with transaction.atomic():
        download = counters.record_download(file=file, user=user)
        assert heard == []

    assert heard == [{"file": file, "download": download, "user": user}]
    counters.grant_download(only(file), user=user)
    counters.record_range(file=file, user=make_user())
    assert len(heard) == 3


@pytest.mark.django_db(transaction=True)
def test_signal__is_not_sent_for_what_was_rolled_back(
    file: AbstractFile, heard: list[dict[str, Any]]
) -> None:
    with transaction.atomic():
        counters.record_download(file=file)
        transaction.set_rollback(True)

    assert heard == []


@pytest.mark.django_db(transaction=True)
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
