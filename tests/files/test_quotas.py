"""Quotas of organizations: reserved with each file and released with it."""

from collections import Counter
from functools import partial
from threading import Barrier

import pytest
from django.db import transaction

from org_files.exceptions import FileTooLarge, QuotaExceeded
from org_files.files import Quota, purge_file, quota_of, restore_file, trash_file
from org_files.files import services as file_services
from org_files.files.quotas import verify_usage
from org_files.files.verification import verify_store
from org_files.models import Usage
from org_files.storage import original_storage
from org_files.storage.blobs import write_blob
from org_files.testing.factories import make_file, make_organization, make_stored_file, subscribe
from org_files.testing.threads import PATIENCE, at_once
from tests.files.rows import rows, used
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


@pytest.fixture
def limit(settings):
    """Set quotas."""

    def limit(**quotas):
        settings.ORG_FILES = {f"QUOTA_{name.upper()}": value for name, value in quotas.items()}

    return limit


def refuses(organization, content):
    """Return whether a file is refused and nothing of it is left."""
    before = blobs(original_storage())
    with pytest.raises(QuotaExceeded):
        make_stored_file(organization, content=content)
    return blobs(original_storage()) == before


def test_bytes_and_files__are_taken_up_to_the_last(organization, limit):
    limit(bytes=10, files=3)
    make_stored_file(organization, content=b"1234567")

    assert refuses(organization, b"1234")
    make_stored_file(organization, content=b"123")
    file = make_stored_file(organization, content=b"")
    assert refuses(organization, b"")

    assert used(organization) == (10, 3)
    assert rows(organization=organization).count() == 3
    # The trash takes room until it is emptied.
    trash_file(file=file)
    assert refuses(organization, b"")
    restore_file(file=file)
    assert used(organization) == (10, 3)
    purge_file(file=file)
    assert used(organization) == (10, 2)


def test_file_larger_than_the_quota__is_refused_before_it_is_written(
    organization, limit, monkeypatch
):
    limit(bytes=5)
    written = []
    monkeypatch.setattr(file_services, "write_blob", lambda *arguments: written.append(arguments))

    older = make_file(make_organization(), content=b"123456").organization
    subscribe(small := make_organization(), max_file_size=4)
    for where, content, error in (
        (organization, b"123456", QuotaExceeded),
        (older, b"", QuotaExceeded),
        (small, b"12345", FileTooLarge),
    ):
        with pytest.raises(error):
            make_stored_file(where, content=content)

    assert written == []
    assert not Usage.objects.exists()


def test_quota_that_was_lowered__removes_nothing_and_takes_nothing_more(organization, limit):
    files = [make_stored_file(organization, content=b"12345") for _ in range(3)]
    limit(bytes=7, files=100)

    assert refuses(organization, b"")
    purge_file(file=files[0])
    assert refuses(organization, b"")
    purge_file(file=files[1])
    make_stored_file(organization, content=b"12")

    assert used(organization) == (7, 2)


@pytest.mark.parametrize("older", [0, 4])
def test_first_upload_to_an_organization__counts_what_is_there(organization, limit, older):
    # Older than the table of usage, or put there by the site itself.
    for _ in range(older):
        make_file(organization, content=b"12345")
    assert not Usage.objects.exists()
    limit(bytes=5 * older + 3, files=older + 1)

    assert refuses(organization, b"1234")
    make_stored_file(organization, content=b"123")

    assert used(organization) == (5 * older + 3, older + 1)
    assert verify_usage().findings == []


def test_removal_of_a_file_that_was_never_counted__counts_what_is_left(organization):
    files = [make_file(organization, content=b"12345") for _ in range(3)]

    files[0].delete()

    assert used(organization) == (10, 2)
    # As if the site had inserted rows by itself.
    Usage.objects.update(bytes_stored=1, file_count=0)
    files[1].delete()
    assert used(organization) == (0, 0)
    assert verify_usage(repair=True).findings != []
    assert used(organization) == (5, 1)


@pytest.fixture
def _no_early_look(monkeypatch):
    """Have only the deciding statement refuse, as it does for those who come at the same time."""
    monkeypatch.setattr(file_services, "refuse_early", lambda pk, size, **options: quota_of(pk))


@pytest.mark.usefixtures("_no_early_look")
def test_refusal_in_a_transaction_of_the_site__leaves_the_rest_of_it_alone(organization, limit):
    limit(bytes=10)

    with transaction.atomic():
        make_stored_file(organization, content=b"1234567")
        assert refuses(organization, b"1234")
        make_stored_file(organization, content=b"123")

    assert used(organization) == (10, 2)
    assert blobs(original_storage()) == set(rows().values_list("content", flat=True))


@pytest.mark.usefixtures("_no_early_look")
@pytest.mark.parametrize("counted", [False, True])
def test_deciding_statement__refuses_without_the_early_look(organization, limit, counted):
    (make_stored_file if counted else make_file)(organization, content=b"12345")
    limit(bytes=6)

    for content in (b"12", b"1" * 100):
        assert refuses(organization, content)

    assert rows(organization=organization).count() == 1


def test_deleted_organization__takes_its_usage_along(organization):
    purge_file(file=make_stored_file(organization))

    organization.delete()

    assert not Usage.objects.exists()


@pytest.mark.parametrize(
    ("of_site", "of_tier", "expected"),
    [
        ({}, {}, Quota(None, None, None)),
        ({"QUOTA_BYTES": 9, "QUOTA_FILES": 3}, {"quota_bytes": 5}, Quota(5, 3, None)),
        ({"QUOTA_BYTES": 9}, {"quota_bytes": 0, "quota_files": 0}, Quota(0, 0, None)),
        # The limit of the site on one file holds in any case, before the organization is known.
        ({"MAX_FILE_SIZE": 3}, {"max_file_size": 4}, Quota(None, None, 3)),
    ],
)
def test_quota__is_that_of_the_tier_or_else_of_the_site(
    organization, settings, of_site, of_tier, expected
):
    settings.ORG_FILES = of_site
    subscribe(organization, **of_tier)

    assert quota_of(organization.pk) == expected
    site = Quota(*map(of_site.get, ("QUOTA_BYTES", "QUOTA_FILES", "MAX_FILE_SIZE")))
    assert quota_of(make_organization().pk) == site


# Concurrent uploads to the last space of a quota: exactly as many succeed as fit.


CLIENTS = 6


def attempt(organization, size):
    try:
        make_stored_file(organization, content=b"x" * size)
    except QuotaExceeded:
        return "refused"
    return "stored"


@pytest.fixture
def upload_at_once(monkeypatch):
    """Have many upload, none of whom writes before all were let through by the first look."""

    def upload(organization, size):
        all_here = Barrier(CLIENTS)

        def wait_and_write(*arguments):
            all_here.wait(PATIENCE)
            return write_blob(*arguments)

        monkeypatch.setattr(file_services, "write_blob", wait_and_write)
        return Counter(at_once([partial(attempt, organization, size)] * CLIENTS))

    return upload


def check(organization):
    """Return the usage, after a look at whether the rows are what it says, and bytes have rows."""
    assert blobs(original_storage()) <= set(rows().values_list("content", flat=True))
    sizes = rows(organization=organization).values_list("size", flat=True)
    assert used(organization) == (sum(sizes), len(sizes))
    assert verify_usage().findings == []
    return used(organization)


@pytest.mark.parametrize(("older", "is_counted"), [(0, True), (6, False)])
def test_last_bytes__go_to_as_many_as_fit(
    organization, settings, upload_at_once, older, is_counted
):
    for _ in range(older):
        make_file(organization, content=b"x" * 10)
    if is_counted:
        make_stored_file(organization, content=b"")
    # One byte too few for one more.
    settings.ORG_FILES = {"QUOTA_BYTES": 10 * older + 49}

    outcome = upload_at_once(organization, 10)

    assert outcome == {"stored": 4, "refused": CLIENTS - 4}
    assert check(organization) == (10 * older + 40, older + is_counted + 4)
    assert len(blobs(original_storage())) == is_counted + 4
    if not older:
        assert verify_store(deep=True).findings == []


@pytest.mark.parametrize("is_counted", [False, True])
def test_uploads_and_removals_at_once__stay_within_the_quota_and_are_counted_exactly(
    organization, settings, is_counted
):
    make = make_stored_file if is_counted else make_file
    files = [make(organization, content=b"x" * 10) for _ in range(4)]
    settings.ORG_FILES = {"QUOTA_BYTES": 50}
    uploads = [partial(attempt, organization, 10) for _ in range(5)]

    outcome = Counter(at_once([*uploads, *(partial(purge_file, file=file) for file in files[:3])]))

    assert outcome["stored"] + outcome["refused"] == 5
    assert outcome["stored"] <= 4
    assert check(organization) == (10 * (1 + outcome["stored"]), 1 + outcome["stored"])


def test_transactions_of_the_site__are_counted_as_they_end(organization, settings):
    settings.ORG_FILES = {"QUOTA_BYTES": 50}
    make_stored_file(organization, content=b"")

    def upload(number):
        with transaction.atomic():
            outcome = attempt(organization, 10)
            transaction.set_rollback(bool(number % 2))
        return outcome

    outcome = at_once(partial(upload, number) for number in range(6))

    kept = outcome[::2].count("stored")
    assert used(organization) == (10 * kept, 1 + kept)
    assert rows(organization=organization).count() == 1 + kept


def test_organizations__do_not_wait_in_a_circle(settings):
    settings.ORG_FILES = {"QUOTA_FILES": 2}
    organizations = [make_organization() for _ in range(3)]

    outcome = Counter(
        at_once(partial(attempt, organizations[number % 3], number) for number in range(9))
    )

    assert outcome == {"stored": 6, "refused": 3}
    assert {check(organization)[1] for organization in organizations} == {2}
