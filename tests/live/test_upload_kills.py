"""kill -9 of every worker at random moments of uploads by both protocols.

No acknowledged byte is lost, each resumed file has its hash, the quota is exact and
``org_files_verify`` finds nothing. ``-m load`` kills 200 times for each protocol, or UPLOAD_KILLS
times.
"""

import contextlib
import http.client
import json
import os
import random
import signal
from hashlib import sha256
from threading import Timer
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from tests.live.conftest import SETTINGS, create_people, database_of_its_own, path_of
from tests.servers.site import LiveSite

# The server of databases is the suite's.
pytestmark = pytest.mark.django_db

KILLS = int(os.environ.get("UPLOAD_KILLS", "200"))
#: Of one file, so that it is complete some time.
KILLS_OF_A_FILE = 5
LARGEST_FILE, LARGEST_PART = 6_000_000, 3_000_000
#: Seconds within which a worker is killed after a request began, and a killed one is replaced.
LATEST, REPLACED = 0.12, 60


class Uploader:
    """Sends a content in parts of random sizes, through any number of kills."""

    def __init__(self, site, token, protocol, rng):
        self.site, self.token, self.is_tus, self.rng = site, token, protocol == "tus", rng
        #: The highest offset that was acknowledged.
        self.acknowledged = 0
        self.kills = 0

    def upload(self, content, kills):
        """Return the path of the file."""
        path, self.acknowledged = self.create(len(content)), 0
        while True:
            headers = self.answered("HEAD", path)[1]
            assert int(headers["Upload-Offset"]) >= self.acknowledged
            if location := headers.get("Org-Files-Location"):
                return path_of(location)
            is_killed = self.kills < kills
            with self.killing() if is_killed else contextlib.nullcontext(), self.cuts():
                self.append(path, content, int(headers["Upload-Offset"]))

    def create(self, length):
        if self.is_tus:
            headers, path = {"Upload-Length": str(length)}, "/api/uploads/"
        else:
            headers = {"Upload-Length": str(length), "Upload-Complete": "?0"}
            path = "/api/files/?name=killed.bin"
        return path_of(self.answered("POST", path, headers)[1]["Location"])

    def append(self, path, content, offset):
        end = min(len(content), offset + self.rng.randrange(1, LARGEST_PART))
        headers = {"Upload-Offset": str(offset)}
        if self.is_tus:
            headers["Content-Type"] = "application/offset+octet-stream"
        else:
            is_end = int(end == len(content))
            headers |= {"Content-Type": "application/partial-upload"}
            headers |= {"Upload-Complete": f"?{is_end}"}
        status, sent, body = self.send("PATCH", path, headers, content[offset:end])
        # While a killed worker's lock and database connection end, a 409 or a 503 may come.
        assert status in (201, 204, 400, 409, 503), (status, body)
        if status == 204:
            self.acknowledged = int(sent["Upload-Offset"])
        elif status == 201:
            self.acknowledged = len(content)

    @contextlib.contextmanager
    def killing(self):
        """Kill all workers at some moment."""
        timer = Timer(self.rng.random() * LATEST, self.kill)
        timer.start()
        try:
            yield
        finally:
            timer.join()

    def kill(self):
        self.kills += 1
        for pid in self.site.pids():
            # Without workers, its only process is the master.
            if pid != self.site.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    @staticmethod
    def cuts():
        return contextlib.suppress(OSError, http.client.HTTPException)

    def answered(self, method, path, headers=None):
        """Send until there is an answer that is no error of the server."""
        deadline = monotonic() + REPLACED
        while True:
            with self.cuts():
                status, sent, body = self.send(method, path, headers or {})
                if status < 500:
                    assert status in (200, 201, 204), (method, status, body)
                    return status, sent, body
            assert monotonic() < deadline
            sleep(0.05)

    def send(self, method, path, headers, content=b""):
        own = {"Authorization": f"Bearer {self.token}", "Content-Length": str(len(content))}
        own |= {"Tus-Resumable": "1.0.0"} if self.is_tus else {}
        connection = http.client.HTTPConnection(urlsplit(self.site.url).netloc, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, content, own | headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize("protocol", ["tus", "draft"])
@pytest.mark.parametrize("kills", [2, pytest.param(KILLS, marks=pytest.mark.load)])
def test_acknowledged_bytes__outlive_kills(protocol, kills, request):
    rng, digests = random.Random(f"{protocol} {kills}"), {}
    with database_of_its_own(request) as database, LiveSite(SETTINGS | database, workers=2) as site:
        [person] = create_people(site, ("Killed", None, "admin"))
        uploader = Uploader(site, person.token, protocol, rng)
        while uploader.kills < kills:
            content = rng.randbytes(rng.randrange(1, LARGEST_FILE))
            path = uploader.upload(content, min(kills, uploader.kills + KILLS_OF_A_FILE))
            digests[path] = len(content), sha256(content).hexdigest()

        for path, stored in digests.items():
            file = json.loads(uploader.answered("GET", path)[2])
            assert (file["size"], file["sha256"]) == stored
        usage = json.loads(
            uploader.answered("GET", f"/api/organizations/{file['organization']['id']}/usage/")[2]
        )
        assert usage["file_count"] == len(digests)
        assert usage["bytes_stored"] == sum(size for size, _digest in digests.values())
        print(f"{protocol}: {uploader.kills} kills, {len(digests)} files")
        # It fails with a finding, also one of what is reserved.
        site.manage("org_files_verify", "--deep")
