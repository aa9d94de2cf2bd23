"""Requests of visitors who have the URL of a share link."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from org_files.links import token_of
from org_files.models import Download, ShareLink

GUEST = "198.51.100.7"

WRONG = "w" * 43

FORM = "application/x-www-form-urlencoded"


def url(link):
    return f"/api/shared/{token_of(link)}/"


def ask(
    link,
    *,
    method="GET",
    query="",
    body="",
    content_type="application/json",
    address=GUEST,
    **headers,
):
    """Return the answer to a client at ``address`` without a login.

    Its ``body`` has been read to the end.
    """
    path = link if isinstance(link, str) else url(link)
    response = Client().generic(
        method,
        path + query,
        body,
        content_type=content_type,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        REMOTE_ADDR=address,
    )
    response.body = response.getvalue()
    return response


def fetch(link, **options):
    """Return status and body, read to its end."""
    response = ask(link, **options)
    return response.status_code, response.body


def answer_of(response):
    """Return all that a client is told."""
    return response.status_code, dict(response.headers), response.body


def used(link):
    """Return the downloads through ``link``, on which whatever counts them has to agree."""
    count = ShareLink.objects.get(pk=link.pk).used
    rows = Download.objects.filter(link=link.public_id)
    assert len(rows) == count
    assert {row.user_id for row in rows} <= {None}
    assert {row.file_id for row in rows} <= {link.file_id}
    return count


def observed(link, **options):
    """Return all that a client is told, and the statements that it takes without their values."""
    with CaptureQueriesContext(connection) as queries:
        answer = answer_of(ask(link, **options))
    return answer, sorted(
        re.sub(r"'[^']*'(::\w+)?|\b[0-9a-f]{32,}\b|\b\d+\b", "?", query["sql"]) for query in queries
    )
