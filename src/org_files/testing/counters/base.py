"""What the parts of the contract of counters backends begin with."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from org_files import get_file_model
from org_files.models import AbstractFile
from org_files.testing.clock import Clock, stopped_clock
from org_files.testing.contract import Contract
from org_files.testing.factories import make_file, make_link, make_user

__all__ = ["CountersCase", "only"]


class CountersCase(Contract):
    """One file, the only one of its organization."""

    setting = "COUNTERS"
    file: AbstractFile

    def setUp(self) -> None:
        """Make the file."""
        super().setUp()
        self.file = make_file()

    def stop_clock(self) -> Clock:
        """Return the clock that the package reads until the test ends."""
        return self.enterContext(stopped_clock())

    def requesters(self) -> dict[str, dict[str, Any]]:
        """Return somebody who is logged in, and somebody with a link."""
        link = make_link(self.file, make_user())
        by_link = {"link": link, "address": "192.0.2.1", "user_agent": "curl/8.5"}
        return {"user": {"user": make_user()}, "link": by_link}


def only(file: AbstractFile) -> QuerySet[AbstractFile]:
    """Return the queryset of ``file`` alone."""
    return get_file_model()._base_manager.filter(pk=file.pk)
