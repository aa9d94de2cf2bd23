"""kill -9 of every worker at random moments of uploads by both protocols.

No acknowledged byte is lost, each resumed file has its hash, the quota is exact and
``org_files_verify`` finds nothing. ``-m load`` kills 20 times for each protocol, or UPLOAD_KILLS
times.
"""

import os
import random
from contextlib import ExitStack

import pytest

from tests.live.conftest import SETTINGS, create_people, database_of_its_own
from tests.live.uploader import PRELOADED, Uploader
from tests.servers.site import LiveSite

# The server of databases is the suite's.
pytestmark = pytest.mark.django_db

KILLS = int(os.environ.get("UPLOAD_KILLS", "20"))


@pytest.mark.parametrize("protocol", ["tus", "draft"])
@pytest.mark.parametrize("kills", [2, pytest.param(KILLS, marks=pytest.mark.load)])
def test_acknowledged_bytes__outlive_kills(protocol, kills, request):
    rng = random.Random(f"{protocol} {kills}")
    with ExitStack() as stack:
        variables = SETTINGS | stack.enter_context(database_of_its_own(request))
        site = stack.enter_context(LiveSite(variables, workers=2, server_options=PRELOADED))
        [person] = create_people(site, ("Killed", None, "admin"))
        files = Uploader(site, person.token, protocol, rng).upload_all(kills)
        print(f"{protocol}: {kills} kills, {files} files")
