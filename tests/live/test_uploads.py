"""Interim answers of resumable uploads by real servers."""

import os
import socket

import pytest

from tests.live.conftest import SETTINGS, create_people
from tests.servers.site import LiveSite

APPLICATION = """
from django.core.asgi import get_asgi_application
from org_files.uploads.asgi import Uploads

application = Uploads(get_asgi_application())
"""


@pytest.fixture(params=["gthread", "sync", "asgi", "uvicorn"])
def site(request, tmp_path):
    """A site under a worker of gunicorn or under uvicorn, with its ASGI application wrapped."""
    (tmp_path / "wrapped_site.py").write_text(APPLICATION)
    path = os.pathsep.join(filter(None, [str(tmp_path), SETTINGS.get("PYTHONPATH")]))
    options = {"server_options": ("--worker-class", request.param)}
    if request.param == "uvicorn":
        options = {"asgi": True}
    application = "wrapped_site:application" if request.param in ("asgi", "uvicorn") else ""
    with LiveSite({**SETTINGS, "PYTHONPATH": path}, application=application, **options) as site:
        yield site


def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        block = connection.recv(1)
        assert block, data
        data += block
    return data.decode().lower()


def test_client_is_told_the_url_while_it_sends(site):
    token = create_people(site, ("Globex", None, "admin"))[0].token
    for version in (3, 5, 6, 8):
        send(site, token, version)


def send(site, token, version):
    complete = "Upload-Incomplete: ?0" if version == 3 else "Upload-Complete: ?1"
    head = [
        f"POST /api/files/?name=a{version}.txt HTTP/1.1",
        f"Host: 127.0.0.1:{site.port}",
        f"Authorization: Bearer {token}",
        f"Upload-Draft-Interop-Version: {version}",
        complete,
        "Content-Type: application/octet-stream",
        "Content-Length: 6",
    ]
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*head, "", "abc"]).encode())
        interim = read_head(connection)
        assert interim.startswith("http/1.1 104 "), interim
        assert "\r\nlocation: http" in interim
        assert f"upload-draft-interop-version: {version}" in interim
        connection.sendall(b"def")
        answer = read_head(connection)
        while answer.startswith("http/1.1 104 "):
            answer = read_head(connection)
        assert answer.startswith("http/1.1 201 "), answer
