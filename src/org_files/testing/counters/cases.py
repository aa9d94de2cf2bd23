"""The base class of the contracts of counters, and the totals that they compare."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from org_files import counters, get_file_model, get_organization_model
from org_files.models import AbstractFile, Download
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


@dataclass(frozen=True)
class Totals:
    """Counts and times of an organization with one file, by the ledger and by the totals."""

    ledger: int
    file: int
    organization: int
    ledger_at: datetime | None
    file_at: datetime | None
    organization_at: datetime | None

    @property
    def agree(self) -> bool:
        """Whether all are equal."""
        counts = {self.ledger, self.file, self.organization}
        return len(counts) == len({self.ledger_at, self.file_at, self.organization_at}) == 1


def read_totals(file: AbstractFile) -> Totals:
    """Read the totals of ``file``, the one file of its organization, in one statement."""
    key = "file_public_id"
    rows = Download.objects.filter(**{key: OuterRef("public_id")}).order_by().values(key)
    organization: Any = counters.with_totals(
        get_organization_model()._base_manager.filter(pk=OuterRef("organization"))
    )
    found: Any = counters.with_totals(only(file)).values_list(
        Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), Value(0)),
        "download_count",
        Subquery(organization.values("download_count")),
        Subquery(rows.annotate(at=Max("downloaded_at")).values("at")),
        "last_downloaded_at",
        Subquery(organization.values("last_downloaded_at")),
    )
    return Totals(*found.get())


def assert_exact(file: AbstractFile, downloads: int) -> None:
    """Check that ``file``, the one file of its organization, has this number of downloads.

    Raises ``AssertionError`` unless ledger and totals agree on that, and ``counters.verify`` finds
    nothing wrong on the whole site.
    """
    totals = read_totals(file)
    if not totals.agree or totals.ledger != downloads:
        raise AssertionError(f"Not {downloads} downloads everywhere: {totals}")
    if findings := counters.verify().findings:
        raise AssertionError("; ".join(map(str, findings)))
