"""Whether the totals equal the ledger."""

from __future__ import annotations

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from org_files import get_file_model, get_organization_model
from org_files.counters import Counters
from org_files.models import AbstractFile, Download


def differences(backend: Counters, file: AbstractFile, expected: int | None = None) -> list[str]:
    """Return where the totals of ``file`` and its organization differ from the ledger.

    Total and ledger are read in one statement, so that it may be asked at any moment. With
    ``expected`` both must be that number.
    """
    found = []
    for name, model, pk, key, column in (
        ("file", get_file_model(), file.pk, "file_public_id", "public_id"),
        ("organization", get_organization_model(), file.organization_id, "organization", "pk"),
    ):
        rows = Download.objects.filter(**{key: OuterRef(column)}).order_by().values(key)
        in_ledger = Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), Value(0))
        totals = backend.with_totals(model._base_manager.filter(pk=pk))
        counted, ledger = totals.annotate(in_ledger=in_ledger).values_list(
            "download_count", "in_ledger"
        )[0]
        if counted != ledger or (expected is not None and ledger != expected):
            due = "" if expected is None else f", recorded {expected}"
            found.append(f"{name}: total {counted}, ledger {ledger}{due}")
    return found
