"""Large files over a real socket, cut, resumed, in parts, and given up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import Person, media_of, path_of
from tests.live.visitor import BOUNDARY, PASSWORD, Visitor, content, digest_of_content, multipart
from tests.servers.site import LiveSite

MIB = 1024 * 1024

Visit = Callable[..., Visitor]
People = Callable[..., list[Person]]
Strangers = Iterator[Person]


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether ``condition`` comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize(
    ("size", "growth"),
    [(48 * MIB, 24 * MIB), pytest.param(300 * MIB, 64 * MIB, marks=pytest.mark.load)],
)
def test_large_file__goes_up_and_down_in_constant_memory(
    site: LiveSite, people: People, visit: Visit, size: int, growth: int
) -> None:
    ada, grace = people(("Acme", "member"), ("Globex", "member"))
    uploader = visit(site)
    assert uploader.post_json("/api/auth/login/", email=ada.email, password=PASSWORD).status == 200
    uploader.get("/api/files/")  # all that is imported and connected once
    downloader = visit(site, grace)
    expected = digest_of_content(size)
    for pid in site.pids():
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # forgets the peak of earlier tests
    before = site.memory()

    file = uploader.upload(size, X_CSRFToken=uploader.cookies["csrftoken"])
    digest = downloader.digest_of(path_of(file["content_url"]))
    peak = site.memory("VmHWM")

    assert file["size"] == size
    assert file["sha256"] == expected
    assert digest == expected
    assert peak - before < growth
    shown = downloader.json(f"/api/files/{file['id']}/")
    assert shown["download_count"] == 1
    listed = downloader.json(f"/api/files/?organization={file['organization']['id']}")
    assert listed["results"][0] == shown
    organization = downloader.json(f"/api/organizations/{file['organization']['id']}/")
    assert organization["bytes_stored"] >= size
    assert organization["download_count"] >= 1
    (row,) = downloader.json("/api/downloads/")["results"]
    assert row["file"] == {"id": file["id"], "name": "large.bin"}
    assert datetime.now(UTC) - datetime.fromisoformat(row["downloaded_at"]) < timedelta(minutes=5)


@pytest.fixture(params=["wsgi", "asgi"])
def server(request: pytest.FixtureRequest) -> LiveSite:
    """The site, under both kinds of servers."""
    name = "site" if request.param == "wsgi" else "asgi_site"
    return request.getfixturevalue(name)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def file(site: LiveSite, people: People) -> Any:
    """A file of four megabytes."""
    visitor = Visitor(site.url, people(("Acme", "member"))[0].token)
    stored = visitor.upload(4 * MIB + 7)
    visitor.close()
    return stored


def test_download_that_was_cut__is_resumed_as_the_same_download(
    server: LiveSite, visit: Visit, file: Any, strangers: Strangers
) -> None:
    visitor = visit(server, next(strangers))
    path = path_of(file["content_url"])
    before = visitor.json(f"/api/files/{file['id']}/")["download_count"]
    raw = visitor.begin("GET", path)
    begun = b""
    while len(begun.partition(b"\r\n\r\n")[2]) < MIB:
        begun += raw.recv(65536)
    raw.close()
    begun = begun.partition(b"\r\n\r\n")[2]

    # As curl -C - does.
    rest = visitor.get(path, Range=f"bytes={len(begun)}-")

    assert rest.status == 206
    assert rest.headers["Content-Range"] == f"bytes {len(begun)}-{4 * MIB + 6}/{4 * MIB + 7}"
    assert sha256(begun + rest.body).hexdigest() == file["sha256"]
    assert visitor.json("/api/downloads/")["count"] == 1
    assert visitor.json(f"/api/files/{file['id']}/")["download_count"] == before + 1


def test_sixteen_parts_at_once__are_one_download(
    server: LiveSite, visit: Visit, file: Any, strangers: Strangers
) -> None:
    person = next(strangers)
    path = path_of(file["content_url"])
    before = visit(server, person).json(f"/api/files/{file['id']}/")["download_count"]
    step = file["size"] // 16 + 1

    def fetch(start: int) -> bytes:
        visitor = Visitor(server.url, person.token)
        answer = visitor.get(
            path,
            Range=f"bytes={start}-{start + step - 1}",
            If_Range=f'"{file["sha256"]}"',
        )
        visitor.close()
        assert answer.status == 206
        return answer.body

    with ThreadPoolExecutor(16) as threads:
        parts = list(threads.map(fetch, range(0, file["size"], step)))

    assert len(parts) == 16
    assert sha256(b"".join(parts)).hexdigest() == file["sha256"]
    visitor = visit(server, person)
    assert visitor.json("/api/downloads/")["count"] == 1
    assert visitor.json(f"/api/files/{file['id']}/")["download_count"] == before + 1


def test_client_gone_in_the_middle_of_an_upload__changes_nothing(
    server: LiveSite, visit: Visit, strangers: Strangers, temporary: Path
) -> None:
    visitor = visit(server, next(strangers))
    blobs, count = media_of(server), visitor.json("/api/files/")["count"]
    head, _tail = multipart("gone.bin")
    raw = visitor.begin(
        "POST",
        "/api/files/",
        Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
        Content_Length=str(20 * MIB),
    )
    raw.sendall(head)
    for block in content(6 * MIB):
        raw.sendall(block)
    if not server.asgi:  # Django spools a whole body to a nameless file there, before any view
        assert eventually(lambda: bool(uploads(temporary)))
    raw.close()

    assert eventually(lambda: not uploads(temporary))
    assert media_of(server) == blobs
    assert visitor.json("/api/files/")["count"] == count


def uploads(temporary: Path) -> list[Path]:
    """The files of uploads under way that have a name."""
    return [path for path in temporary.iterdir() if path.is_file() and path.stat().st_size]


def test_client_gone_in_the_middle_of_a_download__leaves_a_site_that_answers(
    server: LiveSite, visit: Visit, file: Any, strangers: Strangers
) -> None:
    visitor = visit(server, next(strangers))
    path = path_of(file["content_url"])
    for _ in range(20):
        raw = visitor.begin("GET", path)
        raw.recv(1000)
        raw.close()

    assert visitor.digest_of(path) == file["sha256"]
    # All were granted, also those of which no more was read.
    assert eventually(lambda: visitor.json("/api/downloads/")["count"] == 21)
    assert eventually(lambda: not open_blobs(server))


def open_blobs(site: LiveSite) -> list[str]:
    """The stored files that the site's processes hold open."""
    links = [link for pid in site.pids() for link in Path(f"/proc/{pid}/fd").iterdir()]
    names = []
    for link in links:
        try:
            names.append(str(link.readlink()))
        except FileNotFoundError:
            continue
    return [name for name in names if name.startswith(site.environment()["MEDIA_ROOT"])]


def test_conditional_requests__are_answered_on_a_connection_that_is_kept(
    server: LiveSite, visit: Visit, file: Any, strangers: Strangers
) -> None:
    visitor = visit(server, next(strangers))
    path = path_of(file["content_url"])

    for method, headers, status, length in (
        ("HEAD", {"Range": "bytes=0-9"}, 200, 0),
        ("GET", {"Range": "bytes=5-9"}, 206, 5),
        ("GET", {"Range": f"bytes={10**30}-"}, 416, None),
        ("GET", {"If_None_Match": "*"}, 304, 0),
    ):
        answer = visitor.ask(method, path, **headers)
        assert answer.status == status
        assert length is None or len(answer.body) == length
    assert visitor.get("/api/files/").status == 200
