"""Base and helpers of the contract of counters backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import router
from django.db.models import QuerySet

from org_files import get_file_model, get_organization_model
from org_files.models import AbstractFile
from org_files.testing.clock import Clock, stopped_clock
from org_files.testing.contract import Contract
from org_files.testing.factories import make_file, make_link, make_user


class SiteError(Exception):
    """An error in a view of the site."""


class CountersCase(Contract):
    """One file, the only one of its organization."""

    setting = "COUNTERS"
    file: AbstractFile

    def setUp(self) -> None:
        """Create the file."""
        super().setUp()
        self.file = make_file()

    def stop_clock(self) -> Clock:
        """Return the clock that the package reads until the test ends."""
        return self.enterContext(stopped_clock())

    def requesters(self) -> dict[str, dict[str, Any]]:
        """Return the arguments of a user, and of a client with a share link."""
        link = make_link(self.file, make_user())
        by_link = {"link": link, "address": "192.0.2.1", "user_agent": "curl/8.5"}
        return {"user": {"user": make_user()}, "link": by_link}

    def each_requester(self) -> Iterator[dict[str, Any]]:
        """Yield the arguments of each requester, with a file of its own."""
        for requester in self.requesters().values():
            yield {"file": make_file(), **requester}


def only(file: AbstractFile) -> QuerySet[AbstractFile]:
    """Return the queryset of ``file`` alone."""
    return get_file_model()._base_manager.filter(pk=file.pk)


def set_totals(file: AbstractFile, **values: Any) -> None:
    """Write wrong totals of file and organization, as a bug or a careless import would."""
    only(file).update(**values)
    get_organization_model()._base_manager.filter(pk=file.organization_id).update(**values)


def remove_by_sql(file: AbstractFile) -> None:
    """Remove the row of ``file`` as SQL or a cascade of the database does."""
    only(file)._raw_delete(router.db_for_write(get_file_model()))
