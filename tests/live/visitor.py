"""Clients at the other end of a socket."""

import socket
import threading
from contextlib import contextmanager
from hashlib import sha256
from itertools import cycle

import httpx

BOUNDARY = "----a-boundary-of-a-live-test"
PASSWORD = "correct horse battery staple"
BLOCK_SIZE = 256 * 1024


class Visitor(httpx.Client):
    """A client of a live site, with a token or the cookies that it got."""

    def __init__(self, url, token="", **options):
        super().__init__(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=120,
            # Gunicorn closes a connection that was idle for two seconds.
            limits=httpx.Limits(keepalive_expiry=1),
            # To load certificates would take longer than most tests.
            verify=False,
            **options,
        )

    def json(self, path):
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, content, name="large.bin", **values):
        """Upload, and return the file's JSON. A number of bytes is never held in memory."""
        if isinstance(content, bytes):
            answer = self.post("/api/files/", files={"file": (name, content)}, data=values)
        else:
            head, tail = multipart(name)
            headers = {
                "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
                "Content-Length": str(len(head) + content + len(tail)),
                "X-CSRFToken": self.cookies.get("csrftoken") or "",
            }
            blocks = chain(head, blocks_of(content), tail)
            answer = self.post("/api/files/", content=blocks, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def digest_of(self, path):
        """Download without ever holding the bytes, and return their SHA-256."""
        digest = sha256()
        with self.stream("GET", path) as answer:
            assert answer.status_code == 200
            for block in answer.iter_raw():
                digest.update(block)
        return digest.hexdigest()

    def begin(self, method, path, **headers):
        """Send a request's head alone, on a connection of its own, and return that."""
        host, port = self.base_url.host, self.base_url.port or 80
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names = {"Host": f"{host}:{port}", **self.headers, **names}
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in names.items()]
        raw = socket.create_connection((host, port), timeout=60)
        raw.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return raw


@contextmanager
def downloads(site, token, contents):
    """Download one file after the other; yield what went wrong, and the ids of all downloads."""
    wrong, answered, ended = [], [], threading.Event()

    def run():
        with Visitor("", token) as visitor:
            for id, content in cycle(contents.items()):
                if ended.is_set():
                    return
                answer = visitor.get(f"{site.url}/api/files/{id}/content/")
                answered.append(id)
                if answer.status_code != 200 or answer.content != content:
                    wrong.append((id, answer.status_code, answer.text[:200]))
                ended.wait(0.05)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield wrong, answered
    finally:
        ended.set()
        thread.join()


def multipart(name):
    """Return what stands before and behind a content."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode(), f"\r\n--{BOUNDARY}--\r\n".encode()


def blocks_of(size):
    """Yield ``size`` bytes of which no two blocks are the same."""
    for start in range(0, size, BLOCK_SIZE):
        block = start.to_bytes(8, "big") * (BLOCK_SIZE // 8)
        yield block[: size - start]


def chain(head, blocks, tail):
    yield head
    yield from blocks
    yield tail
