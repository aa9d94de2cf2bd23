"""A process killed while it makes renditions keeps others from it until its claim is over.

``tests/files/test_kills.py`` looks at the bytes that it leaves.
"""

import pytest
from django.utils import timezone

from org_files.exceptions import RenditionsBusy
from org_files.models import Decoding
from org_files.pictures import claims, make_renditions
from org_files.testing.factories import make_organization
from tests.pictures.stored import heights_there, make_picture, photo
from tests.victims import FINISHED, KILLED

pytestmark = pytest.mark.django_db(transaction=True)


#: Quickly decoded. It has both heights all the same.
SMALL = photo(64, 48)


@pytest.fixture
def organization(transactional_db):
    """An organization that other processes see."""
    return make_organization()


def test_making_killed_after_any_write__is_done_by_the_next_one(doomed, organization, monkeypatch):
    monkeypatch.setattr(claims, "LONG_WAIT", 0.1)
    claimed, end = 0, KILLED
    for write in range(1, 20):
        file = make_picture(organization, content=SMALL)
        end = doomed.run("make_renditions", file=file.pk, statement=write, writes=True)
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
        if end == FINISHED:
            break

    assert end == FINISHED
    assert claimed >= 2
