"""Charts of days."""

import re
from datetime import date, timedelta

from django.template.loader import render_to_string

from org_files.web.charts import bar_chart, downloads


def days(*values):
    return [(date(2026, 1, 30) + timedelta(days=n), value) for n, value in enumerate(values)]


def chart_of(*values):
    return bar_chart(days(*values), title="Downloads <per> day", unit=downloads)


def test_bars_are_relative_to_the_highest_and_small_ones_are_seen():
    chart = chart_of(0, 1, 500, 1000)

    assert [bar.height for bar in chart.bars] == [0, 1, 50, 100]
    assert [bar.y for bar in chart.bars] == [100, 99, 50, 0]
    assert chart.view_box == "0 0 40 100"
    assert chart.peak.day == date(2026, 2, 2)
    assert chart.total == "1501 downloads"


def test_figure_has_a_title_a_description_and_a_table():
    html = render_to_string("org_files_web/chart.html", {"chart": chart_of(3, 0, 1)})

    assert html.count("<rect") == 2
    assert "<title>Downloads &lt;per&gt; day</title>" in html
    assert "In all: 4 downloads. The most on one day: 3 downloads, on Jan. 30, 2026." in html
    rows = re.findall(r'<tr><th scope="row">.*?datetime="(.*?)".*?<td>(.*?)</td>', html)
    assert rows == [
        ("2026-01-30", "3 downloads"),
        ("2026-01-31", "0 downloads"),
        ("2026-02-01", "1 download"),
    ]
    assert "style" not in html


def test_chart_without_a_value_says_so():
    for chart in (chart_of(), chart_of(0, 0)):
        html = render_to_string("org_files_web/chart.html", {"chart": chart})

        assert "nothing yet" in html
        assert "<svg" not in html
