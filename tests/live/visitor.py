"""Somebody at the other end of a socket."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Iterator
from hashlib import sha256
from http.cookies import SimpleCookie
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

BOUNDARY = "----a-boundary-of-a-live-test"
PASSWORD = "correct horse battery staple"
BLOCK_SIZE = 256 * 1024


class Answer(NamedTuple):
    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    """A client of the API with a connection that is kept, and the tokens or cookies it got."""

    def __init__(self, url: str, token: str = "") -> None:
        address = urlsplit(url)
        self.host, self.port = address.hostname or "", address.port or 80
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        self.last_used = monotonic()

    def close(self) -> None:
        self.connection.close()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        **headers: str,
    ) -> http.client.HTTPResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            names["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        # Gunicorn closes a connection that was idle for two seconds; a new one opens by itself.
        if monotonic() - self.last_used > 1:
            self.connection.close()
        self.last_used = monotonic()
        self.connection.request(method, path, body, headers=self.headers | names)
        response = self.connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
        return response

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        response = self.send(method, path, body, **headers)
        return Answer(response.status, response.headers, response.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status == 200, answer
        return answer.json()

    def post_json(self, path: str, **values: Any) -> Answer:
        body = json.dumps(values).encode()
        return self.ask("POST", path, body, Content_Type="application/json")

    def upload(self, size: int, name: str = "large.bin", **headers: str) -> Any:
        """Upload ``size`` bytes without ever holding them, and return the file's JSON."""
        head, tail = multipart(name)
        answer = self.ask(
            "POST",
            "/api/files/",
            chain(head, content(size), tail),
            Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
            Content_Length=str(len(head) + size + len(tail)),
            **headers,
        )
        assert answer.status == 201, answer
        return answer.json()

    def digest_of(self, path: str) -> str:
        """Download without ever holding the bytes, and return their SHA-256."""
        response = self.send("GET", path)
        assert response.status == 200
        digest = sha256()
        while block := response.read(BLOCK_SIZE):
            digest.update(block)
        return digest.hexdigest()

    def begin(self, method: str, path: str, **headers: str) -> socket.socket:
        """Send a request's head alone, on a connection of its own, and return that."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in (self.headers | names).items()]
        raw = socket.create_connection((self.host, self.port), timeout=60)
        raw.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return raw


def multipart(name: str) -> tuple[bytes, bytes]:
    """Return what stands before and behind a content."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode(), f"\r\n--{BOUNDARY}--\r\n".encode()


def content(size: int) -> Iterator[bytes]:
    """Yield ``size`` bytes of which no two blocks are the same."""
    for start in range(0, size, BLOCK_SIZE):
        block = start.to_bytes(8, "big") * (BLOCK_SIZE // 8)
        yield block[: size - start]


def digest_of_content(size: int) -> str:
    digest = sha256()
    for block in content(size):
        digest.update(block)
    return digest.hexdigest()


def chain(head: bytes, blocks: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from blocks
    yield tail
