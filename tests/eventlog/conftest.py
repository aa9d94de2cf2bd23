import logging
import os
import re
import time
import warnings
from contextlib import contextmanager

import pytest

from org_files.testing.factories import join, make_stored_file, make_user

PASSWORD = "correct horse battery staple"
MIDDLEWARE = "org_files.eventlog.middleware.event_context"


class Heard(logging.Handler):
    """Keeps the records that it is given."""

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def of(self, event):
        """The records of one event."""
        return [record for record in self.records if getattr(record, "event", "") == event]

    def one(self, event):
        """The only record of an event."""
        [record] = self.of(event)
        return record


@contextmanager
def listening(handler, level=logging.INFO):
    """Give ``handler`` the records of the package, as a site's LOGGING does; close it then."""
    logger = logging.getLogger("org_files")
    before = logger.level
    logger.setLevel(level)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        # Its thread must not write into the table of another test.
        handler.close()


def wait_until(condition, seconds=10):
    """Return whether ``condition`` comes true in time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


def in_forked_process(act):
    """Return the text of what ``act`` returns in a process that is forked from this one."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        # Python warns of threads that the child does not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        os.write(write, str(act()).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return pipe.read()


def assert_says(
    record,
    *,
    obj="",
    kind="",
    organization="",
    actor="",
    outcome="ok",
    level="INFO",
    in_request=True,
    **details,
):
    """Assert all attributes of ``record``."""
    assert (record.outcome, record.levelname) == (outcome, level)
    assert (record.object_type, record.object_id) == (kind, str(obj))
    assert (record.organization, record.actor) == (str(organization), str(actor))
    assert record.address == ("127.0.0.1" if in_request else "")
    assert bool(re.fullmatch(r"[0-9a-f]{32}", record.request_id)) == in_request
    assert record.details == details
    line = record.getMessage()
    assert line.startswith(f"{record.event} {outcome}")
    assert str(obj) in line
    assert record.request_id in line


def assert_refused(record, **says):
    assert_says(record, outcome="refused", level="WARNING", **says)


@pytest.fixture
def heard():
    """The records of the package from ``INFO`` on."""
    handler = Heard()
    with listening(handler):
        yield handler


@pytest.fixture
def _commits(monkeypatch):
    """Work for after the commit is done at once, since the transaction of a test has none."""

    def at_once(work, using=None, robust=False):
        work()

    monkeypatch.setattr("django.db.transaction.on_commit", at_once)


@pytest.fixture
def user(organization):
    """A member of the organization, with a password."""
    return join(organization, make_user(password=PASSWORD)).user


@pytest.fixture
def viewer(organization):
    """A member of the organization who may only read."""
    return join(organization, make_user("viewer"), "viewer").user


@pytest.fixture
def file(organization, user):
    """A file of the user's."""
    return make_stored_file(organization, user)
