"""The benchmarks run and tell right from wrong; how fast anything is, nobody asks here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report import Check, Figure, Report

pytestmark = pytest.mark.load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report(postgresql_server):
    ran = subprocess.run(
        [sys.executable, "benchmarks/run.py", "--quick", "--json", "negative-control", "database"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgresql_server.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def test_every_check__passes(report):
    failed = [check for check in report["checks"] if not check["passed"]]
    assert not failed
    assert len(report["checks"]) == 9


def test_watermark_on_ids__is_seen_to_lose_a_row(report):
    control = [check for check in report["checks"] if check["benchmark"] == "negative-control"]
    assert control[0]["detail"] == "file: total 1, ledger 2; organization: total 1, ledger 2"


def test_database__is_measured_against_the_naive_way(report):
    ratios = [f for f in report["figures"] if f["name"].startswith("ledger : naive")]
    assert len(ratios) == 3
    assert all(figure["value"] > 0 for figure in ratios)


def test_failed_check__fails_the_run():
    report = Report(checks=[Check("database", "exact", passed=False)])
    assert report.exit_code() == 1


def test_missed_goal__fails_the_run_only_where_asked_for():
    report = Report(figures=[Figure("database", "ledger : naive", 1.0, at_least=12)])
    assert report.exit_code() == 0
    assert report.exit_code(strict=True) == 1
