"""Charts and pages of results are valid, and keep what another run measured."""

from xml.etree import ElementTree

import pytest

from benchmarks import plot
from benchmarks.report import Chart, Check, Figure, Report

TEXT = "{http://www.w3.org/2000/svg}text"


def report_of(name, value):
    report = Report(environment={"date": "2027-01-31", "Python": "3.13"})
    report.add(
        Figure(name, "a * b", value, at_most=2),
        Check(name, "exact", passed=True),
        Chart(name, "A & <b>", ["10", "1,000"], {"ours": [value, 20.0]}, lines=True),
    )
    return report.as_json()


@pytest.mark.parametrize("lines", [True, False])
def test_chart__is_an_image_with_its_labels(lines):
    chart = Chart("a", "A & <b>", ["10", "1,000"], {"ours": [1.0, 20.0], "none": [0, 0]}, lines)

    texts = [node.text for node in ElementTree.fromstring(plot.drawn(vars(chart))).iter(TEXT)]

    assert {"A & <b>", "10", "1,000"} <= {*texts}
    assert [text for text in texts if text.startswith("ours")]


def test_run_of_one_benchmark__leaves_the_results_of_others(tmp_path):
    plot.write(tmp_path, report_of("lists", 1.0))
    plot.write(tmp_path, report_of("search", 1.0))
    plot.write(tmp_path, report_of("search", 3.0))

    lists, search = (tmp_path.joinpath(f"{name}.inc").read_text() for name in ("lists", "search"))
    assert "2027-01-31; Python 3.13." in lists
    assert "missed" in search
    assert "missed" not in lists
    assert "a \\* b" in search
    assert {path.name for path in tmp_path.glob("*.svg")} == {"lists-1.svg", "search-1.svg"}
    page = tmp_path.joinpath("results.rst").read_text()
    assert page.count(".. include::") == 2
