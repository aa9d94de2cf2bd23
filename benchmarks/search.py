"""``?search=`` of a million files: without the index and with it, against DRF's own search."""

from __future__ import annotations

from functools import partial
from statistics import median

from benchmarks.archive import IN_EVERY_NAME, RARE_COMMENT, RARE_NAME, Archive, archive
from benchmarks.environment import Environment
from benchmarks.report import Chart, Check, Figure, Report
from benchmarks.rounds import Result, per_second, play, ratio

NAME = "search"
FILES = 1_000_000
WORDS = {
    "a rare word of names": RARE_NAME,
    "a rare word of comments": RARE_COMMENT,
    "a word of every name": IN_EVERY_NAME,
    "a word of none": "quagga",
}


def run(report: Report, environment: Environment, *, quick: bool) -> None:
    """Measure without the index, then with it: one database cannot have both at once."""
    files, organizations = (500, 10) if quick else (FILES, 1_000)
    seconds, rounds = (0, 1) if quick else (1.0, 3)
    with archive(environment, files=files, organizations=organizations) as one:

        def measure(rivals: dict[str, str]) -> dict[str, Result]:
            return {
                name: play(
                    {
                        rival: partial(one.turn, f"/{root}/files/?search={word}", seconds)
                        for rival, root in rivals.items()
                    },
                    rounds,
                )
                for name, word in WORDS.items()
            }

        found = {word: _found(one, word) for word in WORDS.values()}
        results = measure({"no index": "api", "DRF, no index": "plain"})
        one.index()
        indexed = measure({"index": "api", "DRF, index": "plain"})
        again = {word: _found(one, word) for word in WORDS.values()}
        one.index(drop=True)
    rows = {}
    for name in WORDS:
        result = {**results[name], **indexed[name]}
        rows[name] = [1000 / median(s.rate for s in samples) for samples in result.values()]
        for rival in ("no index", "DRF, no index", "DRF, index"):
            detail = per_second(result, "index", rival)
            label = f"{name}, index : {rival}"
            report.add(Figure(NAME, label, ratio(result, "index", rival), detail=detail))
    columns = list(result)
    title = f"Search of {files:,} files, milliseconds"
    report.add(
        Chart(NAME, title, columns, rows, lines=True),
        Check(
            NAME,
            "the index changes no answer",
            found == again and all(found[w] for w in (RARE_NAME, RARE_COMMENT)),
        ),
    )


def _found(one: Archive, word: str) -> list[str]:
    page = one.get(f"/api/files/?ordering=name&search={word}")
    return [row["id"] for row in page["results"]]
