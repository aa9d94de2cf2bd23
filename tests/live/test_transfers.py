"""Large files over a real socket, cut, resumed, in parts, and given up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from tests.live.conftest import eventually, media_of, path_of
from tests.live.visitor import BOUNDARY, PASSWORD, Visitor, blocks_of, multipart

MIB = 1024 * 1024

Visit = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("size", "growth"),
    [(48 * MIB, 24 * MIB), pytest.param(300 * MIB, 64 * MIB, marks=pytest.mark.load)],
)
def test_large_file__goes_up_and_down_in_constant_memory(site, people, visit, size, growth):
    ada = next(people["Globex"])
    expected = sha256()
    for block in blocks_of(size):
        expected.update(block)
    downloader = visit(site)
    with Visitor(site.url) as uploader:
        login = {"email": ada.email, "password": PASSWORD}
        assert uploader.post("/api/auth/login/", json=login).status_code == 200
        uploader.get("/api/files/")  # all that is imported and connected once
        for pid in site.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # forgets the peak of earlier tests
        before = site.memory()

        file = uploader.upload(size)
        digest = downloader.digest_of(file["content_url"])
        peak = site.memory("VmHWM")

    assert (file["size"], file["sha256"]) == (size, expected.hexdigest())
    assert digest == expected.hexdigest()
    assert peak - before < growth
    assert downloader.json(f"/api/files/{file['id']}/")["download_count"] == 1
    (row,) = downloader.json("/api/downloads/")["results"]
    assert row["file"] == {"id": file["id"], "name": "large.bin"}


@pytest.fixture(params=["site", "asgi_site"])
def server(request):
    """The site, under both kinds of servers: their bodies leave in different ways."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def file(site, people):
    """A file of two megabytes."""
    with Visitor(site.url, next(people["Globex"]).token) as visitor:
        return visitor.upload(2 * MIB + 7)


@pytest.fixture
def path(file):
    return path_of(file["content_url"])


@pytest.fixture
def visitor(server, visit):
    return visit(server)


def test_download_that_was_cut__is_resumed_as_the_same_download(visitor, file, path):
    before = visitor.json(f"/api/files/{file['id']}/")["download_count"]
    begun = b""
    with visitor.begin("GET", path) as raw:
        while len(begun.partition(b"\r\n\r\n")[2]) < MIB:
            begun += raw.recv(65536)
    begun = begun.partition(b"\r\n\r\n")[2]

    # As curl -C - does.
    rest = visitor.get(path, headers={"Range": f"bytes={len(begun)}-"})

    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes {len(begun)}-{2 * MIB + 6}/{2 * MIB + 7}"
    assert sha256(begun + rest.content).hexdigest() == file["sha256"]
    assert visitor.json("/api/downloads/")["count"] == 1
    assert visitor.json(f"/api/files/{file['id']}/")["download_count"] == before + 1


def test_parts_at_once__are_one_download(visitor, file, path):
    step = file["size"] // 8 + 1

    def fetch(start):
        part = {"Range": f"bytes={start}-{start + step - 1}", "If-Range": f'"{file["sha256"]}"'}
        answer = visitor.get(path, headers=part)
        assert answer.status_code == 206
        return answer.content

    # On as many connections as there are threads.
    with ThreadPoolExecutor(8) as threads:
        parts = list(threads.map(fetch, range(0, file["size"], step)))

    assert len(parts) == 8
    assert sha256(b"".join(parts)).hexdigest() == file["sha256"]
    assert visitor.json("/api/downloads/")["count"] == 1


def test_client_gone_in_the_middle_of_an_upload__changes_nothing(server, visitor, temporary):
    def uploads():
        """The files of uploads under way that have a name."""
        return [path for path in temporary.iterdir() if path.is_file() and path.stat().st_size]

    blobs, count = media_of(server), visitor.json("/api/files/")["count"]
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    length = str(20 * MIB)
    with visitor.begin(
        "POST", "/api/files/", Content_Type=content_type, Content_Length=length
    ) as raw:
        raw.sendall(multipart("gone.bin")[0])
        for block in blocks_of(4 * MIB):
            raw.sendall(block)
        if not server.asgi:  # Django spools a whole body to a nameless file there, before any view
            assert eventually(uploads)

    assert eventually(lambda: not uploads())
    assert media_of(server) == blobs
    assert visitor.json("/api/files/")["count"] == count


def test_client_gone_in_the_middle_of_a_download__leaves_a_site_that_answers(
    server, visitor, file, path
):
    for _ in range(9):
        with visitor.begin("GET", path) as raw:
            raw.recv(1000)

    assert visitor.digest_of(path) == file["sha256"]
    # All were granted, also those of which no more was read.
    assert eventually(lambda: visitor.json("/api/downloads/")["count"] == 10)
    assert eventually(lambda: not open_blobs(server))


def open_blobs(site):
    """The stored files that the site's processes hold open."""
    links = [link for pid in site.pids() for link in Path(f"/proc/{pid}/fd").iterdir()]
    names = []
    for link in links:
        try:
            names.append(str(link.readlink()))
        except FileNotFoundError:
            continue
    return [name for name in names if name.startswith(site.environment()["MEDIA_ROOT"])]


def test_conditional_requests__are_answered_on_a_connection_that_is_kept(visitor, path):
    for method, headers, status, length in (
        ("HEAD", {"Range": "bytes=0-9"}, 200, 0),
        ("GET", {"Range": "bytes=5-9"}, 206, 5),
        ("GET", {"Range": f"bytes={10**30}-"}, 416, None),
        ("GET", {"If-None-Match": "*"}, 304, 0),
        ("GET", {}, 200, 2 * MIB + 7),
    ):
        answer = visitor.request(method, path, headers=headers)
        assert answer.status_code == status
        assert length is None or len(answer.content) == length
