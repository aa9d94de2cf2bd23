"""What the client does about answers, of a site that gives those of a list."""

import io
import json
import sys
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import pytest

from org_files.client import ClientError, Site, upload_file
from org_files.client.__main__ import main
from org_files.client.uploading import SMALLEST_PART

CONTENT = bytes(2 * SMALLEST_PART)
SESSION = "/api/uploads/1/"
CREATED = (201, {"Location": SESSION, "Upload-Offset": "0"}, "")
LOCATION = {"Org-Files-Location": "/api/files/1/"}
FILE = (200, {}, json.dumps({"id": "1", "sha256": sha256(CONTENT).hexdigest()}))
GONE = (404, {}, '{"detail": "Not found.", "code": "not_found"}')
EXPIRED = (401, {}, '{"detail": "Expired.", "code": "token_not_valid"}')
CUT = (0, {}, "")


def at(offset, status=204):
    return status, {"Upload-Offset": str(offset)}, ""


WHOLE = (204, {"Upload-Offset": str(len(CONTENT)), **LOCATION}, "")


class Sent(NamedTuple):
    method: str
    size: int
    authorization: str | None


@pytest.fixture
def serve():
    """Return a function that serves a list of answers; it returns the URL, and the requests."""
    servers = []

    def serve(*answers):
        sent, left = [], [*answers]

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(size)
                sent.append(Sent(self.command, size, self.headers["Authorization"]))
                status, headers, body = left.pop(0)
                if not status:
                    return
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *arguments):
                pass

        for method in ("GET", "HEAD", "PATCH", "POST"):
            setattr(Handler, f"do_{method}", Handler.answer)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/api/", sent

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def send(tmp_path):
    path = tmp_path / "film.bin"
    path.write_bytes(CONTENT)

    def send(url, token="", **options):
        return upload_file(Site(url, token), path, folder=tmp_path / "state", **options)

    return send


def test_session_that_the_site_has_lost__is_begun_anew_once(serve, send):
    url, sent = serve(CREATED, at(7, 409), GONE, CREATED, WHOLE, FILE)
    assert send(url)["id"] == "1"
    assert [each.method for each in sent] == ["POST", "PATCH", "HEAD", "POST", "PATCH", "GET"]

    url, sent = serve(CREATED, GONE, CREATED, GONE)
    with pytest.raises(ClientError, match="Not found"):
        send(url)


def test_session_of_an_earlier_run__is_resumed(serve, send):
    refused = (403, {}, '{"detail": "No.", "code": "permission_denied"}')
    url, sent = serve(CREATED, refused, at(SMALLEST_PART, 200), WHOLE, FILE)
    with pytest.raises(ClientError, match="No"):
        send(url)

    send(url)

    assert [each.method for each in sent[2:]] == ["HEAD", "PATCH", "GET"]
    assert sent[3].size == len(CONTENT) - SMALLEST_PART


def test_another_token__is_taken_when_the_first_has_expired(serve, send):
    url, sent = serve(CREATED, EXPIRED, at(0, 200), WHOLE, FILE)
    tokens = iter(["first", "second"])
    send(url, lambda: next(tokens))
    assert [each.authorization for each in sent] == [*["Bearer first"] * 2, *["Bearer second"] * 3]

    url, _sent = serve(EXPIRED)
    with pytest.raises(ClientError, match="Expired"):
        send(url, iter(["wrong"]).__next__)


def test_requests_of_which_nothing_arrives__become_smaller(serve, send):
    url, sent = serve(CREATED, CUT, CUT, at(0, 200), at(SMALLEST_PART), WHOLE, FILE)
    send(url)
    assert [each.size for each in sent if each.method == "PATCH"] == [
        *(2 * SMALLEST_PART, SMALLEST_PART, SMALLEST_PART),
    ]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((301, {"Location": "https://a.example/api/uploads/"}, ""), "address https://a.example"),
        ((404, {}, "<h1>Page</h1>"), "404: Not Found"),
        ((400, {}, '{"organization": ["Unknown."]}'), "Unknown"),
        ((520, {}, ""), "520: an unknown status"),
    ],
)
def test_errors__are_told_in_a_line(answer, message, serve, send):
    url, _sent = serve(answer)
    with pytest.raises(ClientError, match=message):
        send(url, retries=0)


def test_upload_of_another_process__is_left_to_it(serve, send):
    superseded = (409, {}, '{"detail": "...", "code": "upload_superseded"}')
    url, _sent = serve(CREATED, superseded)
    with pytest.raises(ClientError, match="Another process"):
        send(url)


@pytest.mark.parametrize(
    "arguments", [["--token", "-"], ["--token-command", f"{sys.executable} -c 'print(6210279)'"]]
)
def test_token__is_read_where_no_other_user_sees_it(
    arguments, serve, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("sys.stdin", io.StringIO("6210279\n"))
    (tmp_path / "film.bin").write_bytes(CONTENT)
    url, sent = serve(CREATED, WHOLE, FILE)
    state = ["--state", str(tmp_path / "state")]

    assert main(["upload", str(tmp_path / "film.bin"), "--url", url, *state, *arguments]) == 0

    assert {each.authorization for each in sent} == {"Bearer 6210279"}
    written = capsys.readouterr()
    assert (written.out, written.err) == (f"{tmp_path}/film.bin  1\n", "")
