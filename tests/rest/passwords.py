"""Visitors who enter the password of a share link."""

import json
from urllib.parse import urlsplit

from tests.rest.shares import ask

PASSWORD = " пароль & more "


def knock(link, password=PASSWORD, **options):
    body = json.dumps({"password": password})
    return ask(link, method="POST", body=body, **options)


def fail(link, times, **options):
    for _ in range(times):
        assert knock(link, "wrong", **options).status_code == 403


def opened(answer):
    """Return the path and query that a right password leads to."""
    assert answer.status_code == 303, answer.content
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"
