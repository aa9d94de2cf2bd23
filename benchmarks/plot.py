"""Charts and pages of results for the documentation: SVG and reStructuredText of a report."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.report import goal_of

#: The file that keeps the last run of each benchmark; everything else is written from it.
RESULTS = "results.json"

WIDTH, LABELS, ROW, TOP = 760, 230, 24, 46
COLOURS = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#7f6a5c", "#37352f", "#dfab01")
STYLE = "text{font:12px system-ui,sans-serif;fill:#37352f}.title{font-weight:600;font-size:14px}"


def write(folder: Path, report: dict[str, Any]) -> None:
    """Take the benchmarks of ``report`` into the results of ``folder``, and write all its pages."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / RESULTS
    results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for name in dict.fromkeys(item["benchmark"] for item in report["figures"] + report["checks"]):
        results[name] = {
            "environment": report["environment"],
            **{
                kind: [item for item in report[kind] if item["benchmark"] == name]
                for kind in ("figures", "checks", "charts")
            },
        }
    kept.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for old in [*folder.glob("*.svg"), *folder.glob("*.inc")]:
        old.unlink()
    for name, run in results.items():
        for number, chart in enumerate(run["charts"], 1):
            (folder / f"{name}-{number}.svg").write_text(drawn(chart), encoding="utf-8")
        text = "\n".join(_section(name, run)) + "\n"
        (folder / f"{name}.inc").write_text(text, encoding="utf-8")
    page = [
        "Measurements",
        "============",
        "",
        "``python -m benchmarks --plot`` has written this page.",
        "",
    ]
    for name in results:
        page += [name, "-" * len(name), "", f".. include:: {name}.inc", ""]
    (folder / "results.rst").write_text("\n".join(page), encoding="utf-8")


def drawn(chart: dict[str, Any]) -> str:
    """Return an SVG of a chart."""
    height, parts = (_lines if chart["lines"] else _bars)(chart["columns"], chart["rows"])
    title = escape(chart["title"])
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{title}</title><style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            f'<text class="title" x="12" y="20">{title}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _bars(columns: Sequence[str], rows: dict[str, list[float]]) -> tuple[int, Iterable[str]]:
    """Draw one bar for each row, of a part for each column."""
    most = max(map(sum, rows.values()), default=1) or 1
    parts = _legend(columns)
    for number, (label, values) in enumerate(rows.items()):
        x, y = float(LABELS), TOP + ROW * number
        parts.append(_text(LABELS - 8, y + 14, label, anchor="end"))
        for value, colour in zip(values, COLOURS, strict=False):
            width = value / most * (WIDTH - LABELS - 70)
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 6}"'
                f' fill="{colour}"/>'
            )
            x += width
        parts.append(_text(x + 6, y + 14, _short(sum(values))))
    return TOP + ROW * len(rows) + 10, parts


def _lines(columns: Sequence[str], rows: dict[str, list[float]]) -> tuple[int, Iterable[str]]:
    """Draw a line for each row over the columns; its values have a logarithmic scale."""
    values = [value for row in rows.values() for value in row if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    bottom, left, right = TOP + 260, 70, WIDTH - 240

    def place(column: int, value: float) -> tuple[float, float]:
        x = left + (right - left) * column / max(1, len(columns) - 1)
        part = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return x, bottom - part * (bottom - TOP)

    parts = [
        _text(place(i, 10**low)[0], bottom + 20, text, anchor="middle")
        for i, text in enumerate(columns)
    ]
    for power in range(low, high + 1):
        y = place(0, 10.0**power)[1]
        parts.append(f'<path d="M{left} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(left - 8, y + 4, _short(10.0**power), anchor="end"))
    ends = sorted(rows, key=lambda label: -rows[label][-1])
    for number, label in enumerate(ends):
        colour = COLOURS[number % len(COLOURS)]
        dashes = ' stroke-dasharray="5 3"' if number >= len(COLOURS) else ""
        points = " ".join("{:.1f},{:.1f}".format(*place(i, v)) for i, v in enumerate(rows[label]))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        )
        y = TOP + 18 * number
        parts.append(f'<path d="M{right + 14} {y}h18" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(_text(right + 38, y + 4, f"{label}: {_short(rows[label][-1])}"))
    return max(bottom + 34, TOP + 18 * len(rows)), parts


def _legend(columns: Sequence[str]) -> list[str]:
    parts = []
    for number, (label, colour) in enumerate(zip(columns, COLOURS, strict=False)):
        x = LABELS + 110 * number
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(x + 15, 38, label))
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _section(name: str, run: dict[str, Any]) -> Iterable[str]:
    """Yield the lines of a benchmark: its run, its charts, its figures and what was checked."""
    told = run["environment"]
    yield f"{told['date']}; " + ", ".join(f"{k} {v}" for k, v in told.items() if k != "date") + "."
    yield ""
    for number, chart in enumerate(run["charts"], 1):
        # A path from the root of the documentation: pages of several folders include this.
        yield from (
            f".. image:: /performance/{name}-{number}.svg",
            f"   :alt: {chart['title']}",
            "",
        )
    passed = sum(check["passed"] for check in run["checks"])
    yield from (f"{passed} of {len(run['checks'])} checks passed.", "")
    if not run["figures"]:
        return
    yield from (".. list-table::", "   :header-rows: 1", "")
    yield from _row("figure", "value", "goal", "medians")
    for figure in run["figures"]:
        missed = "" if figure["passed"] else ", missed"
        value = f"{_short(figure['value'])} {figure['unit']}"
        yield from _row(figure["name"], value, goal_of(figure) + missed, figure["detail"])
    yield ""


def _row(first: str, *others: str) -> Iterable[str]:
    # A figure's name may hold what reStructuredText takes for markup.
    yield f"   * - {_plain(first)}"
    yield from (f"     - {_plain(text)}".rstrip() for text in others)


def _plain(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\*`|_" else char for char in text)
