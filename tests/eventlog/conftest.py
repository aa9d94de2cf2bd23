from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from org_files.models import AbstractOrganization
from org_files.testing.factories import join, make_user

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
def listening(*handlers: logging.Handler, level: int = logging.INFO) -> Iterator[None]:
    """Have handlers hear what the package says, as a site's LOGGING does."""
    logger = logging.getLogger("org_files")
    before = logger.level
    logger.setLevel(level)
    for handler in handlers:
        logger.addHandler(handler)
    yield
    for handler in handlers:
        logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What the package says from ``INFO`` on."""
    handler = Heard()
    with listening(handler):
        yield handler


@pytest.fixture
def user(organization: AbstractOrganization) -> Any:
    """A member of the organization, with a password."""
    user = make_user(password=PASSWORD)
    join(organization, user)
    return user


@pytest.fixture
def admin(organization: AbstractOrganization) -> Any:
    """An admin of the organization."""
    admin = make_user("admin")
    join(organization, admin, "admin")
    return admin
