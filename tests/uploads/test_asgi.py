"""Uploads as they arrive under ASGI servers: ``org_files.uploads.asgi.Uploads``."""

import asyncio
import subprocess
import sys
import time
from contextvars import ContextVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.asgi import get_asgi_application
from django.db import connections

from org_files import get_file_model
from org_files.uploads.asgi import Uploads
from tests.uploads.conftest import session

pytestmark = pytest.mark.django_db(transaction=True)

CONTEXT = ContextVar("context", default="server")


class Request:
    """One request to an application, whose body arrives as the test says."""

    def __init__(self, client, method, path, size, **headers):
        named = {name.replace("_", "-").lower(): str(value) for name, value in headers.items()}
        token = "a" * 32
        cookies = [f"{key}={each.value}" for key, each in client.cookies.items()]
        named |= {"host": "testserver", "content-length": str(size), "x-csrftoken": token}
        named["cookie"] = "; ".join([*cookies, f"csrftoken={token}"])
        path, _mark, query = path.partition("?")
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(key.encode(), value.encode()) for key, value in named.items()],
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
            "extensions": {"http.response.informational": {}},
        }
        self.messages = asyncio.Queue()
        self.sent = asyncio.Queue()
        self.status = None
        self.contexts = set()

    async def receive(self):
        self.contexts.add(CONTEXT.get())
        return await self.messages.get()

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.sent.put(message)

    async def feed(self, data, *, more):
        await self.messages.put({"type": "http.request", "body": data, "more_body": more})

    def answered(self, application, *blocks):
        """Send ``blocks`` as the whole body; return the message that starts the answer."""

        async def run():
            for number, block in enumerate(blocks, 1):
                await self.feed(block, more=number < len(blocks))
            await asyncio.wait_for(application(self.scope, self.receive, self.send), 10)
            return await self.sent.get()

        return async_to_sync(run)()

    def headers(self, message):
        return {key.decode().lower(): value.decode() for key, value in message["headers"]}


@pytest.fixture
def application():
    return Uploads(get_asgi_application())


@pytest.fixture
def client(api):
    return api.client


async def apart(function, *arguments):
    """Return what ``function`` returns in a thread of its own, which leaves no connection."""

    def call():
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False)()


def in_tus(offset):
    kind = "application/offset+octet-stream"
    return {"Tus_Resumable": "1.0.0", "Upload_Offset": offset, "Content_Type": kind}


def test_cut_request__counts_as_far_as_it_came(application, api, client):
    path = api.create(3000)

    async def run():
        request = Request(client, "PATCH", path, 3000, **in_tus(0))
        task = asyncio.create_task(application(request.scope, request.receive, request.send))
        await request.feed(b"x" * 1000, more=True)
        await request.messages.put({"type": "http.disconnect"})
        await asyncio.wait_for(task, 10)
        return request

    request = async_to_sync(run)()
    assert request.status == 400
    assert session(path).offset == 1000
    assert request.contexts == {"server"}


def test_interim_answers__come_while_the_body_arrives(application, client):
    async def run():
        headers = {"Upload_Complete": "?1", "Upload_Draft_Interop_Version": 8}
        headers["Content_Type"] = "application/octet-stream"
        request = Request(client, "POST", "/api/files/?name=a.txt", 6, **headers)
        task = asyncio.create_task(application(request.scope, request.receive, request.send))
        first = await asyncio.wait_for(request.sent.get(), 10)
        await request.feed(b"abc", more=True)
        await request.feed(b"def", more=False)
        await asyncio.wait_for(task, 10)
        return request, first

    request, first = async_to_sync(run)()
    assert (first["type"], first["status"]) == ("http.response.informational", 104)
    path = request.headers(first)["location"].removeprefix("http://testserver")
    assert session(path).is_complete
    assert "max-append-size" not in request.headers(first)["upload-limit"]
    assert request.status == 201


def test_stalled_request__is_ended_by_the_next_one(application, api, client):
    path = api.create(3000)

    async def run():
        stalled = Request(client, "PATCH", path, 3000, **in_tus(0))
        task = asyncio.create_task(application(stalled.scope, stalled.receive, stalled.send))
        await stalled.feed(b"x" * 1000, more=True)
        for _each in range(100):
            # Creation was the first.
            if (await apart(session, path)).writer > 1:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        began = time.monotonic()
        head = await apart(api.tus, "HEAD", path)
        seconds = time.monotonic() - began
        await asyncio.wait_for(task, 10)
        return stalled, head, seconds

    stalled, head, seconds = async_to_sync(run)()
    assert head.headers["Upload-Offset"] == "1000"
    assert stalled.status == 409
    assert seconds < 3


def test_body_of_http_2__needs_no_length(application, client):
    headers = {"Upload_Complete": "?1", "Content_Type": "text/plain"}
    request = Request(client, "POST", "/api/files/?name=a.txt", 0, **headers)
    request.scope["http_version"] = "2"
    request.scope["headers"] = [
        pair for pair in request.scope["headers"] if pair[0] != b"content-length"
    ]

    assert request.answered(application, b"abc", b"def")["status"] == 201
    assert get_file_model().objects.get().size == 6


@pytest.mark.parametrize("path", ["/api/files/", "/api/uploads/"])
def test_json_as_bytes__is_kept_as_it_is(application, client, path):
    headers = {"Upload_Complete": "?1", "Content_Type": "application/json"}
    request = Request(client, "POST", f"{path}?name=a.json", 7, **headers)

    assert request.answered(application, b"[1,2,3]")["status"] == 201
    assert get_file_model().objects.get().size == 7


@pytest.mark.parametrize("path", ["/api/files/", "/api/uploads/"])
def test_limits__have_no_size_of_one_request(application, client, path):
    request = Request(client, "OPTIONS", path, 0)
    limits = request.headers(request.answered(application, b""))["upload-limit"]

    assert "max-append-size" not in limits


def test_other_requests__are_those_of_the_site(api):
    async def site(scope, receive, send):
        seen.append(scope["path"])

    seen = []
    application = Uploads(site)
    async_to_sync(application)({"type": "lifespan", "path": "-"}, None, None)
    request = Request(api.client, "GET", "/api/files/", 0)
    async_to_sync(application)(request.scope, request.receive, request.send)
    assert seen == ["-", "/api/files/"]


def test_it_is_imported_before_apps_are_loaded():
    code = "from org_files.uploads.asgi import Uploads; print(Uploads.__name__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "Uploads\n"
