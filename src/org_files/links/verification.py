"""Compare the downloads that links have counted with the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import router
from django.db.models import Count, Exists, F, OuterRef, QuerySet

from org_files import get_file_model
from org_files.db.reports import Report
from org_files.db.rows import all_rows, hidden_row_models, writing
from org_files.exceptions import ConfigurationError
from org_files.models import Download, ShareLink

__all__ = ["LinkFinding", "verify_links"]


@dataclass(frozen=True)
class LinkFinding:
    """A link that has counted something else than the ledger."""

    link: str
    ledger: int
    counted: int
    repaired: bool = False

    def __str__(self) -> str:
        after = " (repaired)" if self.repaired else ""
        return (
            f"link {self.link}: the ledger has {self.ledger} downloads, "
            f"counted were {self.counted}{after}"
        )


def verify_links(*, repair: bool = False) -> Report:
    """Compare what each link has counted with its rows of the ledger; repair counts anew.

    Links to one height of a picture have none there. A link whose file row-level security hides is
    not looked at. Raises ``ConfigurationError`` for a repair where it may hide rows.
    """
    using = router.db_for_write(ShareLink)
    hidden = hidden_row_models([get_file_model(), ShareLink, Download], using)
    if hidden and repair:
        tables = ", ".join(model._meta.db_table for model in hidden)
        raise ConfigurationError(
            f"Row-level security binds this database role on {tables}. Repair as a role that sees "
            "every row."
        )
    files = all_rows(get_file_model())
    report = Report(checked={"links": _in_ledger().count()})
    for pk in _differing():
        # Locked, so that no download is in one of the two and not in the other.
        with writing(ShareLink):
            link = ShareLink.objects.select_for_update().filter(pk=pk).first()
            if link is None:  # removed meanwhile
                continue
            public_id = files.filter(pk=link.file_id).values_list("public_id", flat=True).first()
            if public_id is None:  # hidden by row-level security
                continue
            # Of one file, by which the ledger has an index.
            rows = Download.objects.filter(file_public_id=public_id, link=link)
            ledger, counted = rows.count(), link.used
            if ledger != counted and repair:
                ShareLink.objects.filter(pk=pk).update(used=ledger)
        if ledger != counted:
            finding = LinkFinding(str(link.public_id), ledger, counted, repair)
            report.findings.append(finding)
    return report


def _in_ledger() -> QuerySet[ShareLink]:
    return ShareLink.objects.filter(rendition__isnull=True)


def _differing() -> list[int]:
    """Return the keys of links that differ, and perhaps of some that are used at this moment."""
    per_link = Download.objects.filter(link__used__isnull=False).order_by().values("link__pk")
    counted = per_link.annotate(ledger=Count("pk"), used=F("link__used"))
    wrong = counted.exclude(ledger=F("used")).values_list("link__pk", flat=True)
    rows = Download.objects.filter(
        file_public_id=OuterRef("file__public_id"), link=OuterRef("public_id")
    )
    unknown = _in_ledger().filter(~Exists(rows), used__gt=0).values_list("pk", flat=True)
    return sorted({*wrong, *unknown})
