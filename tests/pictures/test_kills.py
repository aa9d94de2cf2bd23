"""A process killed while it makes renditions: what it left is no obstacle, and goes by repair."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from org_files.exceptions import RenditionsBusy
from org_files.files.verification import GRACE, verify_store
from org_files.models import AbstractOrganization, Decoding, Rendition
from org_files.pictures import claims, make_renditions
from org_files.storage import original_storage
from org_files.testing.factories import make_organization
from tests.files.storages import blobs
from tests.pictures.stored import heights_there, make_picture
from tests.victims import FINISHED, KILLED, Victims, victims

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def doomed(django_db_setup: None) -> Iterator[Victims]:
    """Processes that are killed while they work on the tests' database and store."""
    with victims() as child:
        yield child


@pytest.fixture
def organization(transactional_db: None) -> AbstractOrganization:
    """An organization that other processes see."""
    return make_organization()


def check_bytes() -> None:
    """Look at whether every row has its bytes, and bytes without a row can be removed."""
    keys = set(Rendition.objects.values_list("key", flat=True))
    stored = blobs(original_storage())
    assert keys < stored
    then = time.time() - (GRACE + timedelta(minutes=1)).total_seconds()
    for key in stored:
        os.utime(Path(original_storage().path(key)), (then, then))
    found: list[Any] = verify_store(repair=True).findings
    # Of one height at most: each is stored whole before the next.
    assert len(found) <= 1
    assert {(finding.kind, finding.repaired) for finding in found} <= {("orphan", True)}
    assert verify_store().findings == []


def test_making_killed_after_any_statement__is_done_by_the_next_one(
    doomed: Victims, organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "PATIENCE", 0.1)
    ends: list[str] = []
    claimed = 0
    for statement in range(1, 40):
        file = make_picture(organization)
        ends.append(doomed.run("make_renditions", file=file.pk, statement=statement))
        check_bytes()
        left = heights_there(file)
        if Decoding.objects.exists() and left != [200, 400]:
            claimed += 1
            with pytest.raises(RenditionsBusy):
                make_renditions(file=file)
        # The time passes that a claim lasts.
        Decoding.objects.update(until=timezone.now())

        assert make_renditions(file=file) == 2 - len(left)
        assert heights_there(file) == [200, 400]
        Decoding.objects.all().delete()
        if ends[-1] == FINISHED:
            break

    assert ends[-1] == FINISHED
    assert ends.count(KILLED) >= 6
    assert claimed >= 3
