"""The thread that ends requests: what it can see, and errors of its connection."""

import pytest
from django.db import InterfaceError
from django.utils import timezone

from org_files.files import Fingerprinter
from org_files.models import Upload
from org_files.uploads import hashing, watching
from org_files.uploads.services import create_upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def upload(organization, organization_member):
    return create_upload(organization=organization, owner=organization_member, name="a", length=9)


def look(upload, seen=None):
    seen = seen or watching.Watched(upload, None)
    watching._look_at([seen])
    return seen


@pytest.mark.parametrize(
    "change", [{"writer": 1}, {"is_wanted": True}, {"is_complete": True}, None], ids=str
)
def test_request_that_is_no_longer_the_writer__is_ended(upload, change):
    seen = look(upload)
    assert not seen.is_ended
    rows = Upload.objects.filter(pk=upload.pk)
    rows.update(**change) if change else rows.delete()
    assert look(upload, seen).is_ended


def test_request_that_has_ended_by_itself__does_not_end_the_next_one_of_its_connection(upload):
    stopped = []
    with watching.watch(upload, lambda: stopped.append(upload.writer)) as seen:
        look(upload, seen)
        Upload.objects.update(writer=1)
        look(upload, seen)
    assert stopped == [0]
    # As if it had ended while the thread asked for the row.
    look(upload, seen)
    assert stopped == [0]


def test_session_that_the_thread_cannot_see__goes_on(upload):
    # As under row-level security, or in the schema of another tenant, which has the same key.
    hidden = Upload(pk=upload.pk, expires_at=timezone.now(), writer=7)
    assert not look(hidden).is_ended


def test_connection_that_broke__is_opened_anew(upload, monkeypatch):
    seen = look(upload)
    Upload.objects.update(is_wanted=True)

    def fail(rows):
        raise InterfaceError

    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.query.ValuesListIterable.__iter__", fail)
        assert not look(upload, seen).is_ended
    assert look(upload, seen).is_ended


def test_fingerprint__is_of_one_schema(upload):
    measured = Fingerprinter()
    measured.update(b"of another tenant")
    hashing.keep(Upload(pk=upload.pk), measured)
    upload.offset = measured.size
    assert hashing.take(upload) is None
