"""The documented configurations of nginx, started before a site."""

import socket
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.live.visitor import Visitor
from tests.servers.nginx import Nginx

pytestmark = pytest.mark.walks

BEHIND_NGINX = ("xaccel", "proxied")
MIB = 1024 * 1024
#: Slow clients at once: more than the site has threads.
SLOW = 12


@pytest.fixture
def visit(ways):
    with ExitStack() as stack:

        def visit(kind):
            way = ways(kind)
            client = stack.enter_context(Visitor(way.url))
            client.headers.update(way.login)
            return way, client

        yield visit


def raw(way, path, **headers):
    """Send a request as it is, and return the socket."""
    parts = urlsplit(way.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=20)
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


@pytest.mark.parametrize("kind", BEHIND_NGINX)
def test_configuration__passes_the_test_of_nginx(ways, kind):
    status, said = ways(kind).front.test_configuration()
    assert (status, "test is successful" in said) == (0, True), said
    assert "[warn]" not in said


@pytest.mark.parametrize("kind", BEHIND_NGINX)
def test_internal_location__is_closed_to_clients(visit, kind):
    way, client = visit(kind)
    client.upload(b"0123456789")
    _, key = way.newest()
    bucket = getattr(way.storage, "bucket_name", "files")
    for target in (
        *(f"/protected/{key}", f"/store/{bucket}/{key}", f"/protected//{key}"),
        *(f"/protected/../protected/{key}", f"/x/../protected/{key}", f"/%70rotected/{key}"),
        *("/protected/../../etc/passwd", "/protected/%2e%2e/%2e%2e/etc/passwd", "/protected/"),
    ):
        with closing(raw(way, target, **{"X-Accel-Redirect": f"/protected/{key}"})) as answered:
            answer = b"".join(iter(lambda s=answered: s.recv(65536), b""))
        status = int(answer.split(b" ", 2)[1])
        assert status in (400, 404), (target, status)
        assert b"0123456789" not in answer
        assert b"root:" not in answer


@pytest.mark.parametrize("kind", BEHIND_NGINX)
def test_slow_clients__hold_no_thread_of_the_site(visit, kind):
    way, client = visit(kind)
    file = client.upload(16 * MIB)
    path = f"/api/files/{file['id']}/content/"
    with ExitStack() as stack:
        begun = [stack.enter_context(closing(raw(way, path, **way.login))) for _ in range(SLOW)]
        heads = [connection.recv(100) for connection in begun]
        assert all(head.startswith(b"HTTP/1.1 200") for head in heads)
        # All are counted, and none of them has read its file.
        answer = client.get(f"/api/files/{file['id']}/", timeout=5)
        assert answer.json()["download_count"] == SLOW


def test_range_behind_four_gigabytes__is_sent(visit):
    way, client = visit("xaccel")
    file = client.upload(b"0123456789")
    size = 5 * 1024 * MIB + 7
    number, key = way.newest()
    with way.database as database, database:
        database.execute("UPDATE org_files_file SET size = ? WHERE id = ?", (size, number))
    with Path(way.storage.path(key)).open("r+b") as content:
        content.truncate(size)
        content.seek(size - 3)
        content.write(b"end")

    answer = client.get(
        f"/api/files/{file['id']}/content/", headers={"Range": f"bytes={size - 5}-"}
    )

    assert (answer.status_code, answer.content) == (206, b"\0\0end")
    assert answer.headers["Content-Range"] == f"bytes {size - 5}-{size - 1}/{size}"


def test_renamed_file__is_sent_again_with_its_new_name(visit):
    _, client = visit("xaccel")
    file = client.upload(b"0123456789", name="old.pdf")
    path = f"/api/files/{file['id']}/content/"
    old = client.get(path)
    client.patch(f"/api/files/{file['id']}/", json={"name": "new.pdf"})

    conditions = {"If-None-Match": old.headers["ETag"]}
    conditions |= {"If-Modified-Since": old.headers["Last-Modified"]}
    answer = client.get(path, headers=conditions)

    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="new.pdf"'
    assert answer.headers["ETag"] != old.headers["ETag"]


@pytest.mark.parametrize("kind", ["xaccel", "redirect"])
def test_lost_content__is_an_error_and_not_counted(visit, kind):
    way, client = visit(kind)
    file = client.upload(b"lost content")
    way.storage.delete(way.newest()[1])

    answer = client.get(f"/api/files/{file['id']}/content/")

    assert (answer.status_code, answer.json()["code"]) == (503, "content_unavailable")
    assert client.json(f"/api/files/{file['id']}/")["download_count"] == 0


def test_error_of_the_store__is_an_error_of_the_site(visit, s3_server):
    way, client = visit("proxied")
    file = client.upload(b"0123456789")
    # The host is part of the signature.
    other = f"{s3_server.url.replace('127.0.0.1', 'localhost')}/"
    replaced = {"http://127.0.0.1:8000": way.site.url, "https://s3.example.com/": other}

    with Nginx("s3", replaced) as front, Visitor(front.url) as visitor:
        answer = visitor.get(f"/api/files/{file['id']}/content/", headers=way.login)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == "storage_unavailable"
