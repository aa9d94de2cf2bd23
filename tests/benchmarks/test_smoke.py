"""The benchmarks run and tell right from wrong; their speed is not tested."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import renditions
from benchmarks.report import Check, Figure, Report
from benchmarks.run import MODULES

pytestmark = pytest.mark.load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report(postgresql_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("performance")
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", "--plot", str(folder)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgresql_server.url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,  # at most 90 where nothing else runs
    )
    assert ran.stdout, ran.stderr
    assert (folder / "results.rst").exists()
    return json.loads(ran.stdout)


def test_every_check__passes(report):
    failed = [check for check in report["checks"] if not check["passed"]]
    assert not failed
    assert {check["benchmark"] for check in report["checks"]} == MODULES.keys()


def test_watermark_on_ids__is_seen_to_lose_a_row(report):
    control = [check for check in report["checks"] if check["benchmark"] == "negative-control"]
    assert control[0]["detail"] == "file: total 1, ledger 2; organization: total 1, ledger 2"


def test_database__is_measured_against_the_naive_way(report):
    ratios = [f for f in report["figures"] if f["name"].startswith("ledger : naive")]
    assert len(ratios) == 3
    assert all(figure["value"] > 0 for figure in ratios)


def test_download__is_measured_against_every_rival_but_other_packages(report):
    [_, spent] = [chart for chart in report["charts"] if chart["benchmark"] == "download"]
    assert spent["columns"] == ["workers", "database"]
    assert spent["rows"].keys() == {
        *("session", "token", "JWT", "JWT, granian", "JWT, uvicorn", "naive", "uncounted"),
        *("bare FileResponse", "bare FileResponse, uvicorn", "bare X-Accel", "nginx static"),
    }


def test_renditions__are_measured_against_every_rival(report):
    figures = {f["name"]: f["value"] for f in report["figures"] if f["benchmark"] == "renditions"}

    assert 5 < figures["photograph"] < 12
    for rival in ("Pillow", "easy-thumbnails", "pyvips"):
        assert figures[f"ours : {rival}"] > 0
        assert figures[f"ours : {rival}, processor time"] > 0


def test_upload__is_measured_on_every_server(report):
    figures = [f for f in report["figures"] if f["name"].startswith("time of ours : bare")]
    assert len(figures) == 6
    assert all(figure["value"] > 0 for figure in figures)


def scaled(**what):
    return {"formats": ["JPEG"] * 2, "sizes": [(300, 200), (600, 400)], "bytes": [1, 2], **what}


@pytest.mark.parametrize(
    "what",
    [
        {"sizes": [(300, 200), (599, 400)]},
        {"sizes": [(300, 200)]},
        {"formats": ["JPEG", "PNG"]},
    ],
)
def test_rival_that_makes_something_else__fails_the_run(what):
    report = Report()

    renditions._report_results(report, "a", {**scaled(dB=[30.0, 30.0], growth=1.0), **what})

    assert report.exit_code() == 1


@pytest.mark.parametrize(("loss", "exit_code"), [(0.4, 0), (0.6, 1)])
def test_speed_bought_with_looks__fails_the_run(loss, exit_code):
    report = Report()
    dbs = {"ours": [30.0, 31.0 - loss], "easy-thumbnails": [29.0, 31.0]}
    workers = {name: SimpleNamespace(first=scaled(dB=values)) for name, values in dbs.items()}

    renditions._compare_likeness(report, workers)

    assert report.exit_code() == exit_code


def test_rival_that_is_not_installed__fails_the_run():
    report = Report()

    assert report.has_modules("renditions", {"easy-thumbnails": "a_missing_module"}) == []
    assert report.exit_code() == 1
    assert report.checks[0].detail == "pip install --group benchmarks"


def test_failed_check__fails_the_run():
    report = Report(checks=[Check("database", "exact", passed=False)])
    assert report.exit_code() == 1


def test_missed_goal__fails_the_run_only_where_asked_for():
    report = Report(figures=[Figure("database", "ledger : naive", 1.0, at_least=12)])
    assert report.exit_code() == 0
    assert report.exit_code(strict=True) == 1
