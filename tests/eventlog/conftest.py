from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from org_files.models import AbstractFile, AbstractOrganization
from org_files.testing.factories import join, make_stored_file, make_user

PASSWORD = "correct horse battery staple"


class Heard(logging.Handler):
    """Keeps the records that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def of(self, event: str) -> list[Any]:
        """The records of one event."""
        return [record for record in self.records if getattr(record, "event", "") == event]

    def one(self, event: str) -> Any:
        """The only record of an event."""
        [record] = self.of(event)
        return record


@contextmanager
def listening(handler: logging.Handler, level: int = logging.INFO) -> Iterator[None]:
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


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The records of the package from ``INFO`` on."""
    handler = Heard()
    with listening(handler):
        yield handler


@pytest.fixture
def _commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work for after the commit is done at once, since the transaction of a test has none."""

    def at_once(work: Callable[[], Any], using: str | None = None, robust: bool = False) -> None:
        work()

    monkeypatch.setattr("django.db.transaction.on_commit", at_once)


@pytest.fixture
def user(organization: AbstractOrganization) -> Any:
    """A member of the organization, with a password."""
    user = make_user(password=PASSWORD)
    join(organization, user)
    return user


@pytest.fixture
def viewer(organization: AbstractOrganization) -> Any:
    """A member of the organization who may only read."""
    viewer = make_user("viewer")
    join(organization, viewer, "viewer")
    return viewer


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the user's."""
    return make_stored_file(organization, user)
