"""Storing a file: bytes and row, both or neither."""

import hashlib
import io
import re
import tempfile
import tracemalloc
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from org_files.exceptions import FileTooLarge, InvalidField, TypeNotAllowed
from org_files.files import fingerprint, store_file
from org_files.signals import file_stored
from org_files.storage import content_key, organization_prefix, original_storage, owner_prefix
from org_files.testing.factories import make_stored_file
from tests.files.rows import connected, rows
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

KEY = re.compile(r"[0-9a-f]{24}/([0-9a-f]{24}|none)/[0-9a-f]{32}")


def read(file):
    with original_storage().open(file.content.name) as stored:
        return bytes(stored.read())


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 2000])
def test_file__is_stored_with_its_bytes(organization, owner, content):
    values = {
        "comment": "The first.",
        "resource": "invoice",
        "resource_id": "17",
        "is_public": True,
        "expires_at": timezone.now() + timedelta(days=1),
    }
    upload = ContentFile(content, name="ignored.exe")
    upload.seek(4)  # as if it had been read before

    file = store_file(
        organization=organization, owner=owner, upload=upload, name="../💥/report.pdf", **values
    )

    file = rows().get(pk=file.pk)
    assert read(file) == content
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (file.name, file.content_type) == ("report.pdf", "application/pdf")
    assert (file.organization, file.owner) == (organization, owner)
    assert {name: getattr(file, name) for name in values} == values
    assert (file.deleted_at, file.folded_download_count) == (None, 0)
    assert KEY.fullmatch(file.content.name)
    assert file.content.name.startswith(owner_prefix(organization.pk, owner.pk))
    assert blobs(original_storage()) == {file.content.name}


def test_key__shares_what_the_files_share(settings):
    def parts(organization, owner):
        row = SimpleNamespace(organization_id=organization, owner_id=owner)
        key = content_key(row, "../../x.php")
        assert KEY.fullmatch(key)
        assert key.startswith(organization_prefix(organization))
        assert key.startswith(owner_prefix(organization, owner))
        return key.split("/")

    first = parts(1, 2)
    settings.SECRET_KEY = "another"
    second, of_another, elsewhere = parts(1, 2), parts(1, 3), parts(3, 2)
    assert (first[:2], first[2] != second[2]) == (second[:2], True)
    assert (of_another[0], of_another[1] != first[1]) == (first[0], True)
    assert elsewhere[0] != first[0]
    assert parts(1, None)[1] == "none"


def test_large_file__is_stored_in_little_memory(organization):
    size = 16 * 1024 * 1024
    with tempfile.TemporaryFile() as generated:
        generated.truncate(size)
        tracemalloc.start()
        try:
            upload = File(generated)
            file = store_file(organization=organization, owner=None, upload=upload, name="0.bin")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert file.size == original_storage().size(file.content.name) == size
    assert peak < 4 * 1024 * 1024


class Unseen(io.BytesIO):
    """A content that notes how often it was read to its end."""

    ends = 0

    def read(self, size=-1):
        block = super().read(size)
        self.ends += not block
        return block


def test_upload_measured_while_it_came_in__is_read_once(organization):
    content = Unseen(b"x" * 500_000)
    upload = File(content, name="x")
    upload.fingerprint = fingerprint(io.BytesIO(content.getvalue()))

    file = store_file(organization=organization, owner=None, upload=upload, name="x.bin")

    assert content.ends == 1
    assert file.sha256 == hashlib.sha256(content.getvalue()).hexdigest()


@pytest.mark.django_db(transaction=True)
def test_signal__is_sent_after_commit_and_not_after_a_rollback(organization, owner):
    heard = []

    def listen(sender, signal, **arguments):
        heard.append(arguments)

    with connected(file_stored, listen):
        with transaction.atomic():
            make_stored_file(organization)
            transaction.set_rollback(True)
        with transaction.atomic():
            file = make_stored_file(organization, owner)
            assert heard == []

    assert heard == [{"file": file, "user": owner}]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("refused", "error"),
    [
        ({"name": ".."}, InvalidField),
        ({"content": b"x" * 101}, FileTooLarge),
        ({"name": "x.html"}, TypeNotAllowed),
    ],
)
def test_refused_upload__leaves_nothing(settings, organization, refused, error):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100, "ALLOWED_TYPES": ["image/png", "text/plain"]}

    with pytest.raises(error):
        make_stored_file(organization, **refused)


def test_store__is_the_one_of_the_settings(settings, organization, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    elsewhere = {"BACKEND": backend, "OPTIONS": {"location": tmp_path / "elsewhere"}}
    settings.STORAGES = settings.STORAGES | {"elsewhere": elsewhere}
    settings.ORG_FILES = {"STORAGE": "elsewhere"}

    key = make_stored_file(organization).content.name

    assert (tmp_path / "elsewhere" / key).exists()
