"""A client of upload sessions that kills the workers of its site meanwhile."""

import contextlib
import http.client
import json
import os
import signal
from hashlib import sha256
from threading import Timer
from time import monotonic, sleep
from urllib.parse import urlsplit

from tests.live.conftest import path_of

#: Of one file, so that it is complete some time.
KILLS_OF_A_FILE = 5
LARGEST_PART = 3_000_000
#: Of gunicorn: workers that were killed come back at once.
PRELOADED = ("--preload",)
#: Seconds within which a worker is killed after a request began, and a killed one is replaced.
LATEST, REPLACED = 0.12, 60


class Uploader:
    """Sends a content in parts of random sizes, through any number of kills."""

    #: Bytes of a content.
    largest = 6_000_000

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
            with self.killing(kills), self.cuts():
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
    def killing(self, kills):
        """Kill all workers at some moment, unless they were so many times."""
        if self.kills >= kills:
            yield
            return
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

    def answered(self, method, path, headers=None, content=b""):
        """Send until there is an answer that is no error of the server."""
        deadline = monotonic() + REPLACED
        while True:
            with self.cuts():
                status, sent, body = self.send(method, path, headers or {}, content)
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

    def upload_all(self, kills):
        """Upload contents until the workers were killed so many times.

        Asserts that the site has each, and that its totals and ``org_files_verify`` agree.
        """
        stored = {}
        while self.kills < kills:
            content = self.rng.randbytes(self.rng.randrange(1, self.largest))
            path = self.upload(content, min(kills, self.kills + KILLS_OF_A_FILE))
            stored[path] = len(content), sha256(content).hexdigest()
        for path, expected in stored.items():
            file = json.loads(self.answered("GET", path)[2])
            assert (file["size"], file["sha256"]) == expected
        path = f"/api/organizations/{file['organization']['id']}/usage/"
        usage = json.loads(self.answered("GET", path)[2])
        assert usage["file_count"] == len(stored)
        assert usage["bytes_stored"] == sum(size for size, _digest in stored.values())
        # It fails with a finding, also one of what is reserved.
        self.site.manage("org_files_verify", "--deep")
        return len(stored)
