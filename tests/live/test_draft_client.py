"""The IETF draft through a proxy that cuts connections, in each version that is spoken."""

import os
import random
from hashlib import sha256

import pytest

from tests.live.draft_client import DraftClient
from tests.servers.cutting import CuttingProxy

# The site begins with a copy of the suite's database.
pytestmark = pytest.mark.django_db

SIZE = int(os.environ.get("UPLOAD_MIB", "8")) * 1024 * 1024


@pytest.mark.parametrize("version", [3, 5, 6, 8])
def test_upload_that_is_cut_ten_times__is_resumed(version, site, people):
    content = random.Random(version).randbytes(SIZE)
    with CuttingProxy(site.port, SIZE // 12, seed=version) as proxy:
        client = DraftClient(proxy.url, next(people("Globex")).token, version)

        stored = client.upload(content, "film.bin")

        assert (stored["size"], stored["sha256"]) == (SIZE, sha256(content).hexdigest())
        assert proxy.made == 10
        assert client.attempts > 1
        assert proxy.received <= 1.1 * SIZE
    # Gunicorn sends it before the content has arrived, so that the first request is resumed.
    assert any("location" in headers for headers in client.interim)
    assert all("upload-limit" in headers for headers in client.interim if "location" in headers)
