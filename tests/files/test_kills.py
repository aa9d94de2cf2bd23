"""A process killed while it stores a file leaves no row without its bytes."""

from __future__ import annotations

from typing import Any

import pytest

from org_files import get_file_model
from org_files.models import AbstractOrganization
from org_files.storage import original_storage
from org_files.testing.factories import make_organization, make_stored_file, make_user
from tests.files.storages import blobs
from tests.victims import FINISHED, KILLED, Victims

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = "acknowledged or not at all " * 10_000


@pytest.fixture
def organization(transactional_db: None) -> AbstractOrganization:
    """An organization that other processes see."""
    return make_organization()


def upload_to(organization: AbstractOrganization) -> dict[str, Any]:
    return {"organization": organization.pk, "owner": make_user().pk, "content": CONTENT}


def check_every_row_has_its_bytes() -> tuple[int, int]:
    """Return how many files there are, and how many blobs that no row names."""
    keys = set()
    for file in get_file_model()._base_manager.all():
        with original_storage().open(file.content.name) as stored:
            assert stored.read() == CONTENT.encode()
        keys.add(file.content.name)
    return len(keys), len(blobs(original_storage()) - keys)


@pytest.mark.parametrize(
    ("step", "files", "orphans"),
    [("received", 0, 0), ("written", 0, 1), ("before the row", 0, 1), ("after the row", 1, 0)],
)
def test_store_killed_at_a_step__leaves_no_row_without_its_bytes(
    doomed: Victims, organization: AbstractOrganization, step: str, files: int, orphans: int
) -> None:
    case = upload_to(organization)

    assert doomed.run("store", step=step, **case) == KILLED
    assert check_every_row_has_its_bytes() == (files, orphans)

    assert doomed.run("store", **case) == FINISHED
    assert check_every_row_has_its_bytes() == (files + 1, orphans)


def test_store_killed_after_any_statement__leaves_no_row_without_its_bytes(
    doomed: Victims, organization: AbstractOrganization
) -> None:
    ends = []
    for statement in range(1, 20):
        ends.append(doomed.run("store", statement=statement, **upload_to(organization)))
        check_every_row_has_its_bytes()
        if ends[-1] == FINISHED:
            break

    assert ends[-1] == FINISHED
    assert KILLED in ends
    make_stored_file(organization, content=CONTENT.encode())
    check_every_row_has_its_bytes()
