"""Storing a file: bytes and row, both or neither."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import tracemalloc
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from org_files import get_file_model
from org_files.exceptions import FileTooLarge, InvalidField, TypeNotAllowed
from org_files.files import fingerprint, store_file
from org_files.models import AbstractFile, AbstractOrganization
from org_files.signals import file_stored
from org_files.storage import organization_prefix, original_storage, owner_prefix
from org_files.testing.factories import make_organization, make_stored_file, make_user
from org_files.testing.threads import at_once
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

KEY = re.compile(r"[0-9a-f]{24}/([0-9a-f]{24}|none)/[0-9a-f]{32}")


def read(file: AbstractFile) -> bytes:
    with original_storage().open(file.content.name) as stored:
        return bytes(stored.read())


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 2000])
def test_file__is_stored_with_its_bytes(
    organization: AbstractOrganization, owner: Any, content: bytes
) -> None:
    expires_at = timezone.now() + timedelta(days=1)

    file = store_file(
        organization=organization,
        owner=owner,
        upload=ContentFile(content, name="ignored.exe"),
        name="report.pdf",
        comment="The first.",
        resource="invoice",
        resource_id="17",
        is_public=True,
        expires_at=expires_at,
    )

    file = get_file_model()._base_manager.get(pk=file.pk)
    assert read(file) == content
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (file.name, file.content_type) == ("report.pdf", "application/pdf")
    assert (file.organization, file.owner) == (organization, owner)
    assert (file.comment, file.resource, file.resource_id) == ("The first.", "invoice", "17")
    assert (file.is_public, file.expires_at, file.deleted_at) == (True, expires_at, None)
    assert (file.folded_download_count, file.folded_last_downloaded_at) == (0, None)


def test_upload_that_was_read_before__is_stored_whole(organization: AbstractOrganization) -> None:
    upload = ContentFile(b"all of it")
    upload.seek(4)

    file = store_file(organization=organization, owner=None, upload=upload, name="x")

    assert read(file) == b"all of it"


def test_key__is_parts_of_organization_and_owner_and_chance(
    organization: AbstractOrganization, owner: Any
) -> None:
    file = make_stored_file(organization, owner, name="../../💥.php")

    key = file.content.name
    assert KEY.fullmatch(key)
    assert blobs(original_storage()) == {key}
    assert key.startswith(organization_prefix(organization.pk))
    assert key.startswith(owner_prefix(organization.pk, owner.pk))


def test_keys__share_what_the_files_share(organization: AbstractOrganization, owner: Any) -> None:
    def parts(*of: Any) -> list[str]:
        return str(make_stored_file(*of).content.name).split("/")

    first, second = parts(organization, owner), parts(organization, owner)
    assert first[:2] == second[:2]
    assert first[2] != second[2]
    of_another = parts(organization, make_user())
    assert of_another[0] == first[0]
    assert of_another[1] != first[1]
    elsewhere = parts(make_organization(), owner)
    assert elsewhere[0] != first[0]
    assert parts(organization, None)[1] == "none"


def test_key__outlives_the_owner_and_the_secret_key(
    settings: Any, organization: AbstractOrganization, owner: Any
) -> None:
    before = owner_prefix(organization.pk, owner.pk)
    file = make_stored_file(organization, owner, content=b"kept")
    settings.SECRET_KEY = "another"

    owner.delete()

    file = get_file_model()._base_manager.get(pk=file.pk)
    assert file.owner is None
    assert file.content.name.startswith(before)
    assert owner_prefix(organization.pk, None) != before
    assert read(file) == b"kept"


def test_large_file__is_stored_in_little_memory(organization: AbstractOrganization) -> None:
    size = 16 * 1024 * 1024
    with tempfile.TemporaryFile() as generated:
        generated.truncate(size)
        tracemalloc.start()
        try:
            file = store_file(
                organization=organization, owner=None, upload=File(generated), name="zeros.bin"
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert file.size == size
    assert original_storage().size(file.content.name) == size
    assert peak < 4 * 1024 * 1024


class Unseen(io.BytesIO):
    """A content that notes how often it was read to its end."""

    ends = 0

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        self.ends += not block
        return block


def test_upload_measured_while_it_came_in__is_read_once(
    organization: AbstractOrganization,
) -> None:
    content = Unseen(b"x" * 500_000)
    upload = File(content, name="x")
    upload.fingerprint = fingerprint(io.BytesIO(content.getvalue()))

    file = store_file(organization=organization, owner=None, upload=upload, name="x.bin")

    assert content.ends == 1
    assert file.sha256 == hashlib.sha256(content.getvalue()).hexdigest()


@pytest.fixture
def heard() -> Any:
    """The arguments of each signal."""
    told: list[dict[str, Any]] = []

    def listen(sender: Any, signal: Any, **arguments: Any) -> None:
        told.append(arguments)

    file_stored.connect(listen, sender=get_file_model())
    yield told
    file_stored.disconnect(listen, sender=get_file_model())


@pytest.mark.django_db(transaction=True)
def test_signal__is_sent_after_commit_and_not_after_a_rollback(
    organization: AbstractOrganization, owner: Any, heard: list[dict[str, Any]]
) -> None:
    with transaction.atomic():
        make_stored_file(organization)
        transaction.set_rollback(True)
    assert not get_file_model()._base_manager.exists()
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
        ({"name": "false.png"}, TypeNotAllowed),
    ],
)
def test_refused_upload__leaves_nothing(
    settings: Any, organization: AbstractOrganization, refused: dict[str, Any], error: Any
) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100, "ALLOWED_TYPES": ["image/png", "text/plain"]}

    with pytest.raises(error):
        make_stored_file(organization, **refused)


@pytest.mark.django_db(transaction=True)
def test_files_stored_at_once__have_each_their_own_bytes(
    organization: AbstractOrganization, owner: Any
) -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]

    files = at_once(
        [
            partial(make_stored_file, organization, owner, name="same.txt", content=content)
            for content in contents
        ]
    )

    assert [read(file) for file in files] == contents
    assert get_file_model()._base_manager.count() == 8
    assert blobs(original_storage()) == {file.content.name for file in files}


def test_store__is_the_one_of_the_settings(
    settings: Any, organization: AbstractOrganization, tmp_path: Path
) -> None:
    settings.ORG_FILES = {"STORAGE": "elsewhere"}
    settings.STORAGES = settings.STORAGES | {
        "elsewhere": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "elsewhere"},
        }
    }

    key = make_stored_file(organization).content.name

    assert (tmp_path / "elsewhere" / key).exists()
