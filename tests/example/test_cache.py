"""CACHE_URL: a Redis that is there, one that is not, and one that stops."""

import io
import os
import signal
import time

import httpx
import pytest
from example.cache import Outage, SharedCache
from PIL import Image
from redis import Redis as Client
from redis.exceptions import ConnectionError as NoConnection

from tests.conftest import start_or_skip
from tests.example.conftest import ADMIN, ADMIN_VARIABLES, log_in
from tests.servers.process import free_port
from tests.servers.redis import Redis
from tests.servers.site import LiveSite

WARNING = "The shared cache is down, and done without: "


@pytest.fixture
def cache_at(monkeypatch):
    """Return the cache of a site with this CACHE_URL."""
    monkeypatch.setattr(SharedCache, "outage", Outage())
    options = {"socket_connect_timeout": 2, "socket_timeout": 2}
    return lambda url: SharedCache(url, {"KEY_PREFIX": "org_files_example", "OPTIONS": options})


@pytest.fixture
def own_redis(monkeypatch, request):
    """A server that a test may stop."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    yield from start_or_skip(Redis(), request)


@pytest.fixture
def shared_site(own_redis):
    """The site with one server as broker and cache, and with its limits."""
    address = own_redis.url.rpartition("/")[0]
    servers = {"CACHE_URL": f"{address}/1", "CELERY_BROKER_URL": f"{address}/0"}
    with LiveSite({**servers, **ADMIN_VARIABLES, "THROTTLES": "on"}) as site:
        yield site


def visit(site):
    return httpx.Client(base_url=site.url, timeout=30, trust_env=False)


def upload(client):
    content = io.BytesIO()
    Image.new("RGB", (800, 600), "teal").save(content, "JPEG")
    answer = client.post("/api/files/", files={"file": ("a.jpg", content.getvalue())})
    assert answer.status_code == 201, answer.text
    return answer.json()


def counted(server):
    """The names of what throttles have counted."""
    with Client.from_url(server.url.rpartition("/")[0] + "/1") as redis:
        return [*redis.scan_iter("org_files_example:*throttle*")]


def test_cache_that_is_there__does_what_a_cache_does(cache_at, redis_server):
    cache = cache_at(redis_server.url)
    cache.delete_many(["n", "a", "b"])

    assert cache.add("n", 1)
    assert not cache.add("n", 1)
    assert (cache.incr("n"), cache.get("n"), cache.has_key("n")) == (2, 2, True)
    assert cache.set_many({"a": 1, "b": 2}) == []
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
    cache.delete_many(name for name in ["a", "b"])
    assert cache.get_many(["a", "b"]) == {}
    assert (cache.touch("n"), cache.delete("n"), cache.get("n")) == (True, True, None)
    with pytest.raises(ValueError):
        cache.incr("n")


def test_cache_that_is_down__is_one_that_keeps_nothing(cache_at, caplog):
    port = free_port()
    cache = cache_at(f"redis://:hush@127.0.0.1:{port}/1")

    assert (cache.add("n", 1), cache.get("n"), cache.get("n", 7)) == (True, None, 7)
    assert (cache.set("n", 1), cache.touch("n"), "n" in cache) == (None, False, False)
    assert (cache.get_many(["n", "m"]), cache.set_many({"n": 1, "m": 2})) == ({}, ["n", "m"])
    assert (cache.delete("n"), cache.delete_many(["n"])) == (False, None)
    assert cache.get_or_set("n", lambda: 3) == 3
    for change in (cache.incr, cache.decr):
        with pytest.raises(ValueError):
            change("n")
    # What is to be empty afterwards does not pass for emptied.
    with pytest.raises(NoConnection):
        cache.clear()
    assert caplog.text.count(WARNING) == 1
    assert "hush" not in caplog.text
    assert str(port) not in caplog.text


def test_cache_that_takes_nothing_more__answers_still(cache_at, own_redis, caplog):
    with Client.from_url(own_redis.url) as redis:
        redis.set("org_files_example:1:n", 5)
        redis.config_set("maxmemory", 1)
    cache = cache_at(own_redis.url)

    assert (cache.get("word"), cache.set("n", 1), cache.get("n")) == (None, None, 5)
    assert f"{WARNING}OutOfMemoryError" in caplog.text


@pytest.mark.walks
def test_server_that_hangs_and_then_stops__costs_the_site_nothing(shared_site, own_redis):
    with visit(shared_site) as client, visit(shared_site) as other:
        log_in(client)
        assert client.post("/api/organizations/", json={"name": "Acme"}).status_code == 201
        organization = upload(client)["organization"]["id"]
        assert counted(own_redis)

        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            for _ in range(3):
                upload(client)
                assert client.get("/").status_code == 200
            # One wait of two seconds, and one more where the pause after it was over.
            assert time.monotonic() - began < 8
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        assert f"WARNING example.cache: {WARNING}" in shared_site.output()
        # It is asked again.
        with Client.from_url(own_redis.url) as redis:
            redis.flushall()
        deadline = time.monotonic() + 20
        while not counted(own_redis) and time.monotonic() < deadline:
            assert client.get("/api/files/").status_code == 200
            time.sleep(0.2)
        assert counted(own_redis)

        own_redis.end_process()
        # The session that was begun before goes on.
        stored = upload(client)
        assert [rendition["height"] for rendition in stored["renditions"]] == [200, 400]
        for rendition in stored["renditions"]:
            answer = client.get(rendition["url"])
            assert answer.status_code == 200
            with Image.open(io.BytesIO(answer.content)) as opened:
                assert opened.height == rendition["height"]
        for path in (
            *("/", "/admin/", "/api/docs/", "/api/schema/", "/api/files/", "/api/organizations/"),
            *(f"/api/organizations/{organization}/usage/", stored["content_url"]),
        ):
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)
        # Others begin one.
        log_in(other)
        assert upload(other)["name"]
        assert other.post("/api/auth/logout/").status_code == 204
        assert other.get("/api/files/").status_code == 401
        assert other.post("/api/token/", json=ADMIN).status_code == 200
