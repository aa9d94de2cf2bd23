"""Comparison of the downloads that links counted with the ledger."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef

from org_files import get_file_model
from org_files.db.reports import RepairRefused, Report
from org_files.db.rows import all_rows, row_security, writing
from org_files.models import Download, ShareLink


@dataclass(frozen=True)
class LinkFinding:
    """A link whose count differs from the ledger."""

    link: str
    ledger: int
    counted: int
    repaired: bool = False

    def __str__(self) -> str:
        text = f"link {self.link}: the ledger has {self.ledger} downloads, "
        return text + f"counted were {self.counted}{' (repaired)' if self.repaired else ''}"


def verify_links(*, repair: bool = False) -> Report:
    """Compare the count of each link with its rows of the ledger; ``repair`` counts again.

    Links to one height of a picture have no rows there. A link whose file is hidden by row-level
    security is skipped. Raises ``RepairRefused`` for a repair if rows may be hidden.
    """
    if repair and (refusals := row_security("links", [get_file_model(), ShareLink, Download])):
        raise RepairRefused(refusals)
    files = all_rows(get_file_model())
    report = Report(checked={"links": ShareLink.objects.filter(rendition=None).count()})
    for pk in _differing():
        # Locked, so that no download is in only one of the two.
        with writing(ShareLink):
            link = ShareLink.objects.select_for_update().filter(pk=pk).first()
            if link is None:  # removed meanwhile
                continue
            public_id = files.filter(pk=link.file_id).values_list("public_id", flat=True).first()
            if public_id is None:  # hidden by row-level security
                continue
            # The ledger has an index by file.
            rows = Download.objects.filter(file_public_id=public_id, link=link)
            ledger, counted = rows.count(), link.used
            if ledger != counted and repair:
                ShareLink.objects.filter(pk=pk).update(used=ledger)
        if ledger != counted:
            report.findings.append(LinkFinding(str(link.public_id), ledger, counted, repair))
    return report


def _differing() -> list[int]:
    """Return the keys of links that differ, and perhaps of some that are in use."""
    per_link = Download.objects.filter(link__used__isnull=False).order_by().values("link__pk")
    counted = per_link.annotate(ledger=Count("pk"), used=F("link__used"))
    wrong = counted.exclude(ledger=F("used")).values_list("link__pk", flat=True)
    rows = Download.objects.filter(
        file_public_id=OuterRef("file__public_id"), link=OuterRef("public_id")
    )
    unknown = ShareLink.objects.filter(~Exists(rows), rendition=None, used__gt=0)
    return sorted({*wrong, *unknown.values_list("pk", flat=True)})
