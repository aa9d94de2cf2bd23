"""States of share links: of an instance, in a query, and as ``redeem`` decides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files.exceptions import LinkOver
from org_files.links import redeem
from org_files.models import Download, LinkState, ShareLink, in_state
from org_files.testing.factories import make_file, make_link, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SOON, AGO, LONG_AGO = (NOW + timedelta(hours=n) for n in (1, -1, -2))
USED_UP = {"max_downloads": 2, "used": 2}


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"expires_at": SOON, "max_downloads": 2, "used": 1}, LinkState.ACTIVE),
        ({"created_at": LONG_AGO, "expires_at": AGO, **USED_UP}, LinkState.EXPIRED),
        (USED_UP, LinkState.EXHAUSTED),
        ({"revoked_at": AGO, "expires_at": AGO, "used": 1, "max_downloads": 1}, LinkState.REVOKED),
        ({"revoked_at": AGO}, LinkState.REVOKED),
    ],
)
def test_state__is_the_same_of_an_instance_and_in_a_query(fields, state):
    link = make_link(**fields)

    assert link.state_at(NOW) is state
    found = [each for each in LinkState if ShareLink.objects.filter(in_state(each, NOW)).exists()]
    assert found == [state]
    # The instance was read before the link ended.
    if state is not LinkState.ACTIVE:
        with pytest.raises(LinkOver):
            redeem(link=link, is_partial=False, address="192.0.2.1", user_agent="")
    assert ShareLink.objects.get().used == fields.get("used", 0)


def test_height_of_a_picture__counts_against_the_limit_and_not_in_the_ledger():
    picture = make_file(name="a.png", content_type="image/png")
    link = make_link(picture, make_user(), rendition=200, max_downloads=1)
    requester = {"address": "192.0.2.1", "user_agent": "curl/8"}

    assert redeem(link=link, is_partial=False, **requester) is None
    assert redeem(link=link, is_partial=True, **requester) is None
    with pytest.raises(LinkOver):
        redeem(link=link, is_partial=False, **requester)

    assert ShareLink.objects.get().used == 1
    assert not Download.objects.exists()
