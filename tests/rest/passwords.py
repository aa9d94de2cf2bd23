"""Whoever enters the password of a share link."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from org_files.models import ShareLink
from tests.rest.shares import ask

PASSWORD = " пароль & more "


def knock(link: ShareLink | str, password: str = PASSWORD, **options: str) -> Any:
    body = json.dumps({"password": password})
    return ask(link, method="POST", body=body, **options)


def fail(link: ShareLink, times: int, **options: str) -> None:
    for _ in range(times):
        assert knock(link, "wrong", **options).status_code == 403


def opened(answer: Any) -> str:
    """Return the path and query that a right password leads to."""
    assert answer.status_code == 303, answer.content
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"
