"""The running site: its pages, large files, share links, pictures, and workers beside it."""

import re
import sqlite3
from base64 import urlsafe_b64decode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from celery import Celery

from org_files.storage.owners import OWNER
from tests.live.conftest import SETTINGS, create_people, eventually, media_of, path_of
from tests.live.visitor import BOUNDARY, PASSWORD, Visitor, blocks_of, multipart
from tests.renditions.pictures import image_in, picture
from tests.servers.celery import CeleryProcess
from tests.servers.site import LiveSite

# The site begins with a copy of the suite's database.
pytestmark = pytest.mark.django_db

MIB = 1024 * 1024


@pytest.fixture
def client(site):
    with Visitor(site.url) as client:
        yield client


@pytest.fixture(scope="module")
def admin(site):
    """The login of an administrator."""
    [admin] = create_people(site, (None, None, None))
    return {"email": admin.email, "password": PASSWORD}


def log_in(client, login):
    answer = client.post("/api/auth/login/", json=login)
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return answer


def linked(page):
    """The stylesheets, scripts and pictures that a page needs."""
    return set(re.findall(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"', page))


#: The policy of pages, to the letter.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'"
)


def test_about_page__leads_everywhere(client):
    page = client.get("/about/").text
    assert "All users see every organization and every file." in page
    links = set(re.findall(r'<a\b[^>]*?href="(/[^"?]*)', page))
    assert links == {"/", "/about/", "/admin/", "/api/", "/api/docs/", "/api/schema/"}
    for link in links:
        accept = {"Accept": "text/html,*/*;q=0.8"}
        answer = client.get(link, headers=accept, follow_redirects=True)
        assert answer.status_code == 200, link


def check_page(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status, path
    assert answer.headers["Content-Security-Policy"] == POLICY, path
    assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", answer.text), path
    return answer.text


def test_pages__have_the_policy_and_their_form_and_others_do_not(client, admin):
    assert client.get("/").headers["Location"] == "/log-in/?next=%2F"
    for path, status in (("/log-in/", 200), ("/register/", 200), ("/about/", 200), ("/no/", 404)):
        check_page(client, path, status)
    log_in(client, admin)
    client.post("/api/organizations/", json={"name": "Pages"})
    for path in ("/trash/", "/links/", "/downloads/", "/organizations/", "/profile/"):
        check_page(client, path, 200)
    check_page(client, "/organizations/0/", 404)
    library = check_page(client, "/", 200)
    assert 'type="file" name="file" multiple' in library
    # Without its slash it is redirected, and a form to nowhere is no error of the server.
    assert client.get("/trash", follow_redirects=True).status_code == 200
    assert client.get("/nothing").status_code == client.post("/nothing/").status_code == 404
    for path in ("/admin/", "/api/docs/", "/api/files/", "/api-auth/login/"):
        answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.headers.get("Content-Security-Policy") != POLICY, path
    foreign = client.get("/", headers={"Host": "elsewhere.example"})
    assert foreign.headers["Content-Security-Policy"] == POLICY
    assert "This request cannot be answered" in foreign.text


def test_administrator__logs_in_over_plain_http_opens_the_admin_and_logs_out(client, admin):
    answer = log_in(client, admin)
    assert all("secure" not in cookie.lower() for cookie in answer.headers.get_list("Set-Cookie"))
    for path in (
        *("", "authtoken/tokenproxy/", "token_blacklist/outstandingtoken/"),
        *("org_files/download/", "org_files/file/", "org_files/membership/"),
        *("org_files/organization/", "org_files_accounts/user/"),
    ):
        assert client.get(f"/admin/{path}").status_code == 200, path

    page = client.get("/").text
    assert admin["email"] in page
    assert 'href="/admin/"' in page
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    answer = client.post("/log-out/", data={"csrfmiddlewaretoken": token})
    assert answer.status_code == 303
    assert client.get("/").status_code == 303


def test_pages__find_their_styles_scripts_and_icon_here(client):
    api = ("/api/", "/api/docs/", "/api/files/", "/api-auth/login/")
    for path in ("/log-in/", "/admin/login/", *api):
        resources = linked(client.get(path, headers={"Accept": "text/html"}).text)
        assert any(".css" in resource for resource in resources), path
        for resource in resources:
            assert resource.startswith("/static/"), resource
            assert client.get(resource).status_code == 200, resource
    icon = client.get("/favicon.ico", follow_redirects=True)
    assert icon.headers["Content-Type"] == "image/svg+xml"


def test_schema_and_docs__are_public(client):
    client.headers["Authorization"] = "Bearer stale"
    schema = client.get("/api/schema/", params={"format": "json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/files/" in schema["paths"]
    assert "/api/schema/" not in schema["paths"]
    assert client.get("/api/docs/").status_code == 200


def test_stored_bytes__are_alone_in_their_folder_and_have_no_address_of_their_own(
    client, site, admin
):
    log_in(client, admin)
    media = site.folder / "media"
    before = set(media.rglob("*"))
    acme = client.post("/api/organizations/", json={"name": "Acme"}).json()["id"]
    stored = client.post(
        "/api/files/", data={"organization": acme}, files={"file": ("a.txt", b"-")}
    )
    assert stored.status_code == 201, stored.text

    files = {OWNER: media / OWNER}
    files |= {path.name: path for path in {*media.rglob("*")} - before if path.is_file()}
    assert files[OWNER].is_file()
    assert [name for name in files if re.fullmatch("[0-9a-f]{32}", name)]
    assert [name for name in files if not re.fullmatch("[0-9a-f]{32}", name)] == [OWNER]
    for path in files.values():
        for prefix in ("/", "/media/", "/public/", "/static/"):
            address = prefix + path.relative_to(media).as_posix()
            assert client.get(address).status_code == 404


def test_untrusted_headers__change_no_address(client, site):
    spoofed = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    assert client.get("/api/", headers=spoofed).json()["files"] == f"{site.url}/api/files/"
    foreign = {"Host": "elsewhere.example"}
    answer = client.get("/api/files/", headers=foreign)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert client.get("/", headers=foreign).status_code == 400


def test_address_without_its_slash__redirects_readers_only(client):
    assert client.get("/api/docs").headers["Location"] == "/api/docs/"
    assert client.post("/api/token", json={}).status_code == 404


@pytest.mark.walks
def test_throttled_site__makes_a_stranger_wait(site):
    codes = []
    with (
        LiveSite(SETTINGS | {"THROTTLES": "on"}, folder=site.folder) as throttled,
        Visitor(throttled.url) as client,
    ):
        for number in range(61):
            # What a client claims of its address does not give it another turn.
            claimed = {"X-Forwarded-For": f"192.0.2.{number}"}
            answer = client.post("/api/token/", json={}, headers=claimed)
            codes.append(answer.status_code)
    assert codes == [400] * 60 + [429]
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.walks
def test_asgi_site__serves_pages_and_static_files_without_a_warning(site, admin):
    with LiveSite(SETTINGS, asgi=True, folder=site.folder) as served:
        written = len(served.output())
        with Visitor(served.url) as client:
            for resource in linked(client.get("/api/docs/").text):
                answer = client.get(resource, headers={"Accept-Encoding": "identity"})
                assert answer.status_code == 200
                assert len(answer.content) == int(answer.headers["Content-Length"])
            log_in(client, admin)
            made = client.post("/api/organizations/", json={"name": "Pages"})
            organization = made.json()["id"]
            content = b"0" * 1_000_000
            answer = client.post(
                "/api/files/",
                data={"organization": organization},
                files={"file": ("b.bin", content)},
            )
            assert client.get(answer.json()["content_url"]).content == content
        assert "Warning" not in served.output()[written:]


@pytest.mark.parametrize(
    ("size", "growth"),
    [(48 * MIB, 24 * MIB), pytest.param(300 * MIB, 64 * MIB, marks=pytest.mark.load)],
)
def test_large_file__goes_up_and_down_in_constant_memory(site, people, visit, size, growth):
    ada = next(people("Globex"))
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
    with Visitor(site.url, next(people("Globex")).token) as visitor:
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
    step, tag = file["size"] // 8 + 1, visitor.head(path).headers["ETag"]

    def fetch(start):
        part = {"Range": f"bytes={start}-{start + step - 1}", "If-Range": tag}
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
        assert eventually(uploads)

    assert eventually(lambda: not uploads())
    assert media_of(server) == blobs
    assert visitor.json("/api/files/")["count"] == count


def test_refused_upload__is_answered_to_a_client_that_sends_all_of_it_first(server):
    with (
        Visitor(server.url, "no-token") as visitor,
        visitor.begin(
            "POST",
            "/api/files/",
            Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
            Content_Length=str(20 * MIB),
        ) as raw,
    ):
        for block in blocks_of(20 * MIB):
            raw.sendall(block)
        assert raw.recv(100).startswith(b"HTTP/1.1 401 ")


def test_refused_upload_that_expects_100__is_not_asked_for_by_uvicorn(server, visitor):
    head, tail = multipart("expected.bin")
    body = b"".join([head, *blocks_of(3 * MIB), tail])
    headers = {
        "Content_Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content_Length": str(len(body)),
        "Expect": "100-continue",
    }
    with visitor.begin("POST", "/api/files/", **headers) as raw:
        assert raw.recv(1000).startswith(b"HTTP/1.1 100 ")
        raw.sendall(body)
        assert raw.recv(100).startswith(b"HTTP/1.1 201 ")

    # Gunicorn answers by itself.
    expected = b"HTTP/1.1 401 " if server.asgi else b"HTTP/1.1 100 "
    with (
        Visitor(server.url, "no-token") as stranger,
        stranger.begin("POST", "/api/files/", **headers) as raw,
    ):
        assert raw.recv(100).startswith(expected)


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


def create(owner, file, **values):
    path = f"/api/files/{file['id']}/links/"
    answer = owner.post(path, json={"expires_in": 3600} | values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def dump_of(site):
    """Return every row of every table as text."""
    url = site.environment()["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return "\n".join(connection.iterdump())
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        queries = [f"SELECT t::text FROM {table} t" for (table,) in tables]
        return "\n".join(row for query in queries for (row,) in connection.execute(query))


def logs_of(site):
    folder = Path(site.environment()["LOG_DIR"])
    return site.output() + "".join(path.read_text() for path in folder.rglob("*.log"))


def test_token_and_password__are_neither_in_the_database_nor_in_the_logs(site, visit):
    owner, guest = visit(site), Visitor(site.url)
    file = owner.upload(bytes(1000))
    link = create(owner, file, password="a-password-in-no-log")
    url = link["url"]
    token = url.split("/")[-2]
    ticket = owner.post(f"/api/files/{file['id']}/ticket/").json()["url"]

    with guest:
        assert guest.get(url).status_code == 401
        assert guest.post(url, json={"password": "a-wrong-one-in-no-log"}).status_code == 403
        answer = guest.post(url, json={"password": "a-password-in-no-log"})
        assert answer.status_code == 303
        opened = answer.headers["Location"]
        assert len(guest.get(opened).content) == 1000
        assert len(guest.get(ticket).content) == 1000
        assert guest.get(ticket[:-1]).status_code == 401

    dump, logs = dump_of(site), logs_of(site)
    assert link["id"].replace("-", "") in dump.replace("-", "")
    assert link["id"] in logs
    for secret in (token, "-in-no-log", ticket.partition("=")[2], opened.partition("=")[2]):
        assert secret not in dump
        assert secret not in logs
    assert urlsafe_b64decode(token + "=").hex() not in dump


def test_many_clients__get_five_downloads_of_which_one_is_in_segments(site, visit):
    owner = visit(site)
    file = owner.upload(bytes(range(250)) * 64)
    url = create(owner, file, max_downloads=5)["url"]

    def fetch(start):
        headers = {"User-Agent": "segments/1"} if start is not None else {}
        if start is not None:
            headers["Range"] = f"bytes={start}-{start + 3999}"
        with Visitor(site.url) as guest:
            return guest.get(url, headers=headers)

    assert fetch(0).status_code == 206
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(fetch, [None] * 20 + [0, 4000, 8000, 12_000]))

    wholes, parts = answers[:20], answers[20:]
    body = b"".join(part.content for part in parts)
    assert body == bytes(range(250)) * 64
    assert Counter(answer.status_code for answer in wholes) == {200: 4, 404: 16}
    assert {answer.content for answer in wholes if answer.status_code == 200} == {body}
    [shown] = owner.json(f"/api/files/{file['id']}/links/")["results"]
    assert (shown["state"], shown["download_count"]) == ("exhausted", 5)
    assert owner.json(f"/api/files/{file['id']}/")["download_count"] == 5


def test_first_requests_at_once__make_one_file_in_all_processes(site, asgi_site, visit):
    clients = visit(site), visit(asgi_site)
    file = clients[0].upload(picture(3000, 2000).getvalue(), "photo.jpg")
    before = media_of(site)

    def ask(number):
        url = file["renditions"][number // 2 % 2]["url"]
        content = clients[number % 2].get(path_of(url)).content
        assert image_in(content).height == (200, 400)[number // 2 % 2]
        return content

    with ThreadPoolExecutor(16) as threads:
        bodies = list(threads.map(ask, range(16)))

    assert len(set(bodies)) == 2
    assert len(media_of(site) - before) == 2


@pytest.fixture
def worker(redis_server, site):
    with CeleryProcess(site, "worker") as worker:
        yield worker


def test_worker__makes_each_height_of_uploads_once_and_runs_the_jobs(site, visit, worker):
    photo, client = picture(1600, 1200).getvalue(), visit(site)
    broken = client.upload(photo[:5000], "photo.jpg")
    before = media_of(site)

    def made():
        """Return how many files are in the store that were not."""
        return len(media_of(site) - before)

    files = [client.upload(photo, "photo.jpg")]
    # The original and two heights, which no request has asked for yet.
    assert eventually(lambda: made() == 3, 30)
    for _ in range(3):
        files.append(client.upload(photo, "photo.jpg"))
        # At the same time as the worker.
        assert image_in(client.get(files[-1]["renditions"][0]["url"]).content).height == 200
    assert eventually(lambda: made() == 12, 30)

    for file in files:
        for rendition in file["renditions"]:
            image = image_in(client.get(rendition["url"]).content)
            assert image.height == rendition["height"]
    assert made() == 12
    # It went on after what is no picture.
    assert f"File {broken['id']} has no smaller pictures" in worker.output()
    assert client.get(broken["renditions"][0]["url"]).status_code == 422

    file = client.upload(b"text", "a.txt")
    link = client.post(f"/api/files/{file['id']}/links/", json={"expires_in": 300}).json()
    assert client.delete(f"/api/links/{link['id']}/").status_code == 204
    assert client.json("/api/links/")["count"] == 1

    broker, queue = (site.environment()[name] for name in ("CELERY_BROKER_URL", "LOG_DIR"))
    with Celery(broker=broker, set_as_current=False) as sender:
        sender.send_task("org_files.run_job", args=["links"], queue=queue)

    assert eventually(lambda: client.json("/api/links/")["count"] == 0, 30)
