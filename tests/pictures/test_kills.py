"""A process killed while it makes renditions keeps others from it until its claim is over.

``tests/files/test_kills.py`` looks at the bytes that it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from org_files.exceptions import RenditionsBusy
from org_files.models import AbstractOrganization, Decoding
from org_files.pictures import claims, make_renditions
from org_files.testing.factories import make_organization
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


def test_making_killed_after_any_statement__is_done_by_the_next_one(
    doomed: Victims, organization: AbstractOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LONG_WAIT", 0.1)
    ends: list[str] = []
    claimed = 0
    for statement in range(1, 40):
        file = make_picture(organization)
        ends.append(doomed.run("make_renditions", file=file.pk, statement=statement))
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
