"""A page of the list of files, with many downloads pending on its files against none."""

from __future__ import annotations

import json
import urllib.request
from functools import partial

from django.db import connection

from benchmarks.download import access_token
from benchmarks.environment import Environment
from benchmarks.load import load
from benchmarks.report import Check, Figure, Report
from benchmarks.rounds import Sample, per_second, play, ratio
from benchmarks.seed import make_hot, make_pending
from org_files import counters, get_file_model
from org_files.models import Download, PendingDownload
from tests.servers.site import LiveSite

NAME = "list"
PENDING = 10_000
PAGE = 50
COST = 2.5


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure how much longer the page takes without folds."""
    seconds, rounds = (1, 1) if quick else (2, 3)
    hot = make_hot(files=PAGE)
    organization = hot.file.organization_id
    files = list(get_file_model()._base_manager.filter(organization=organization))
    with LiveSite(environment.variables, workers=1) as site:
        token = access_token(site, hot)
        url = f"{site.url}/api/files/?page_size={PAGE}"

        def turn(pending: int) -> Sample:
            counters.fold()
            make_pending(files, hot.user, pending)
            # So that "none" means none: no dead rows of the turn before.
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM ANALYZE {PendingDownload._meta.db_table}")
            return load(url, clients=1, seconds=seconds, token=token)

        turn(0)
        result = play({"none": partial(turn, 0), "pending": partial(turn, PENDING)}, rounds)
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)["results"]
    shown = sum(file["download_count"] for file in page)
    in_ledger = Download.objects.filter(organization=organization).count()
    report.add(
        Figure(
            NAME,
            f"a page of {PAGE} files with {PENDING:,} pending : with none",
            ratio(result, "none", "pending"),
            at_most=COST,
            detail=per_second(result, "none", "pending"),
        ),
        Check(
            NAME,
            "the page shows every download",
            len(page) == PAGE and shown == in_ledger == rounds * PENDING,
            f"{shown} on the page, {in_ledger} in the ledger",
        ),
    )
