"""A client of the IETF draft of resumable uploads, by interop version 3, 5, 6 or 8."""

import json
import select
import socket
import time
from urllib.parse import urlsplit

BLOCK_SIZE = 64 * 1024

#: Seconds.
INTERIM_WAIT, RETRY_WAIT = 2, 0.2


class Lost(OSError):
    """A connection ended before its answer."""


class DraftClient:
    """Sends one file, in one request if it can, and goes on at the offset that the site tells.

    ``interim`` has the headers of each 104 that was received, ``attempts`` counts requests with
    content.
    """

    def __init__(self, url, token, version):
        self.host = urlsplit(url).netloc
        self.token = token
        self.version = version
        self.interim = []
        self.attempts = 0
        self.location = ""

    def upload(self, content, name):
        """Return the JSON of the new file."""
        offset = 0
        while True:
            try:
                if self.location:
                    status, headers, _body = self.send("HEAD", self.location)
                    assert status in (200, 204), status
                    if "org-files-location" in headers:
                        return self.file_at(headers["org-files-location"])
                    offset = int(headers["upload-offset"])
                status, headers, body = self.append(content, offset, name)
            except OSError:
                # A request that was cut may reach the site after the next one.
                time.sleep(RETRY_WAIT)
                continue
            if status == 409 and self.location:
                continue  # more of a request that was cut has arrived since
            assert status == 201, (status, body)
            return json.loads(body)

    def file_at(self, url):
        while True:
            try:
                return json.loads(self.send("GET", url, version=None)[2])
            except OSError:
                continue

    def append(self, content, offset, name):
        self.attempts += 1
        end = {"Upload-Incomplete": "?0"} if self.version == 3 else {"Upload-Complete": "?1"}
        if not self.location:
            return self.send("POST", f"/api/files/?name={name}", end, content)
        headers = end | {"Upload-Offset": str(offset)}
        if self.version >= 6:
            headers["Content-Type"] = "application/partial-upload"
        return self.send("PATCH", self.location, headers, content[offset:])

    def send(self, method, url, headers=None, content=b"", version=0):
        """Send a request; return status, headers and body of the last answer to it."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Host": self.host,
            "Authorization": f"Bearer {self.token}",
            "Content-Length": str(len(content)),
            **(headers or {}),
        }
        if version is not None:
            headers["Upload-Draft-Interop-Version"] = str(self.version)
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        host, _, port = self.host.partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            answers = Answers(connection, method)
            try:
                connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
                view = memoryview(content)
                for start in range(0, len(content), BLOCK_SIZE):
                    connection.sendall(view[start : start + BLOCK_SIZE])
                    # Once it has sent the beginning it waits for the URL, without which it would
                    # have to begin again: over this short way all else may be sent before.
                    wait = INTERIM_WAIT if method == "POST" and not answers.interim else 0
                    if select.select([connection], [], [], wait)[0]:
                        answers.receive()
                    if answers.final:
                        break  # it refuses the rest
                return answers.last()
            finally:
                self.note(answers.interim)

    def note(self, found):
        self.interim += found
        for headers in found:
            self.location = headers.get("location", self.location)


class Answers:
    """The answers on a connection; those before the last are kept in ``interim``."""

    def __init__(self, connection, method):
        self.connection, self.method = connection, method
        self.buffer, self.interim, self.final = b"", [], None

    def receive(self):
        block = self.connection.recv(BLOCK_SIZE)
        if not block:
            raise Lost
        self.buffer += block
        while self.final is None and b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            status = int(first.split()[1])
            if status < 200:
                assert status == 104
                self.interim.append(headers)
            else:
                self.final = status, headers

    def last(self):
        while self.final is None:
            self.receive()
        status, headers = self.final
        size = int(headers.get("content-length") or 0) if self.method != "HEAD" else 0
        while status != 204 and len(self.buffer) < size:
            self.receive()
        return status, headers, self.buffer
