"""Pages as tests read them."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def text_of(answer):
    """Return the text of a page, without the tokens of its forms, which are others each time."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", answer.content.decode())


def browser_of(user):
    """Return a client with a session of ``user``."""
    browser = Client()
    browser.force_login(user)
    return browser


def queries_of(client, path):
    """Return the number of queries that a page takes."""
    with CaptureQueriesContext(connection) as context:
        assert client.get(path).status_code == 200
    return len(context)
