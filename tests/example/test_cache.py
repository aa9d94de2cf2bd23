"""CACHE_URL: a Redis that is there, and one that is not."""

import json
from uuid import uuid4

import pytest

from tests.servers.process import free_port

TRY = """
import json, django
django.setup()
from django.core.cache import cache
from django.test import Client
answers = []
client = Client(SERVER_NAME="localhost")
for path in ("/api/token/", "/api/auth/login/"):
    response = client.post(path, {"email": "a@example.org"}, content_type="application/json")
    answers.append([response.status_code, response.json().get("code"), "Retry-After" in response])
answers.append(client.get("/").status_code)
print(json.dumps(answers))
"""

USE = """
import django
django.setup()
from django.core.cache import cache
assert cache.add("n", 1) and not cache.add("n", 1)
assert cache.incr("n") == 2 and cache.get("n") == 2 and cache.has_key("n")
cache.set_many({"a": 1, "b": 2})
assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
cache.delete_many(["a", "b"])
assert cache.touch("n") and cache.delete("n") and cache.get("n") is None
print("done")
"""


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/{uuid4().hex}.sqlite3"


def test_cache_that_is_down__is_answered_with_503(run_python, database):
    url = f"redis://127.0.0.1:{free_port()}/1"
    ran = run_python(TRY, CACHE_URL=url, DATABASE_URL=database)
    unavailable = [503, "storage_unavailable", True]
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [unavailable, unavailable, 200]


def test_cache_that_is_there__does_what_a_cache_does(run_python, database, redis_server):
    ran = run_python(USE, CACHE_URL=redis_server.url, DATABASE_URL=database)
    assert ran.stdout.strip() == "done", ran.stderr
