"""kill -9 of every worker at random moments of uploads by both protocols.

No acknowledged byte is lost, each resumed file has its hash, the quota is exact and
``org_files_verify`` finds nothing. KILLS=200 kills more often.
"""

import os
import random
from contextlib import ExitStack

import pytest

from tests.live.conftest import SETTINGS, create_people, database_of_its_own
from tests.live.uploader import PRELOADED, Uploader
from tests.servers.site import LiveSite

# The server of databases is the suite's.
pytestmark = [pytest.mark.django_db, pytest.mark.load]

KILLS = int(os.environ.get("KILLS", "2"))


@pytest.mark.parametrize("protocol", ["tus", "draft"])
def test_acknowledged_bytes__outlive_kills(protocol, request):
    rng = random.Random(f"{protocol} {KILLS}")
    with ExitStack() as stack:
        variables = SETTINGS | stack.enter_context(database_of_its_own(request))
        site = stack.enter_context(LiveSite(variables, workers=2, server_options=PRELOADED))
        [person] = create_people(site, ("Killed", None, "admin"))
        files = Uploader(site, person.token, protocol, rng).upload_all(KILLS)
        print(f"{protocol}: {KILLS} kills, {files} files")
