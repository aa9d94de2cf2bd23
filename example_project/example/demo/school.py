"""Files and links of the music school of ``manage.py demo_data``."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from example.demo import documents, papers, pictures, scenes
from example.demo.people import ANNA, BORIS, CHLOE, DILAN, EMMA, SCHOOL, by
from example.demo.plans import DemoFile, DemoLink

CONCERT = {"resource": "concert", "resource_id": "summer-2026"}

#: Lines of the poster.
POSTER = ("Riverside Music School", "Sunday 21 June 2026, 17:00", "Strings, piano, choir")


FILES = (
    DemoFile(
        SCHOOL,
        CHLOE,
        "Timetable spring 2026.csv",
        papers.timetable,
        by((BORIS, 9), (DILAN, 12)),
        age=88,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Rental of an instrument.pdf",
        papers.rental,
        by((BORIS, 3), (DILAN, 2)),
        age=71,
        is_public=True,
    ),
    DemoFile(
        SCHOOL,
        BORIS,
        'Teacher\'s notes on "Für Elise".txt',
        papers.notes,
        by((CHLOE, 2), (DILAN, 3)),
        age=52,
    ),
    DemoFile(
        SCHOOL,
        BORIS,
        "Bagatelle in A minor, page 1.png",
        partial(scenes.score, "Bagatelle in A minor", 59),
        by((CHLOE, 4), (DILAN, 7)),
        age=51,
        has_renditions=True,
    ),
    DemoFile(
        SCHOOL,
        BORIS,
        "Bagatelle in A minor, page 2.png",
        partial(scenes.score, "Bagatelle in A minor, 2", 60),
        by((CHLOE, 3), (DILAN, 6)),
        age=51,
        has_renditions=True,
    ),
    DemoFile(
        SCHOOL,
        BORIS,
        "Tuning tone A4 (440 Hz).wav",
        lambda: documents.tone(440, 8),
        by((CHLOE, 6), (DILAN, 11)),
        age=44,
    ),
    DemoFile(
        SCHOOL,
        BORIS,
        "metronome 120 bpm.gif",
        lambda: pictures.metronome(120),
        by((DILAN, 8)),
        age=43,
        has_renditions=True,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Budget 2026.csv",
        papers.budget,
        by((BORIS, 1)),
        age=39,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Recital pack.zip",
        papers.recital,
        by((BORIS, 2), (DILAN, 1)),
        age=31,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Strings in rehearsal.jpg",
        partial(scenes.stage, 5, "#f0b35c", "#2a1308", 1),
        by((BORIS, 4), (DILAN, 5), (EMMA, 1)),
        age=19,
        is_public=True,
        has_renditions=True,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Choir in rehearsal.jpg",
        partial(scenes.stage, 9, "#8fa7e8", "#0d1230", 2),
        by((BORIS, 2), (DILAN, 6)),
        age=18,
        has_renditions=True,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Poster summer concert.png",
        partial(scenes.poster, "SUMMER", POSTER, "#26315c", "#fdf3df", "#c7647b"),
        by((ANNA, 2), (BORIS, 3), (DILAN, 4)),
        age=17,
        is_public=True,
        has_renditions=True,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Summer concert 🎻 programme.pdf",
        papers.programme,
        by((ANNA, 3), (BORIS, 4), (CHLOE, 1), (DILAN, 5)),
        age=14,
        is_public=True,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Letter to the parents.txt",
        papers.letter,
        by((BORIS, 1), (DILAN, 3)),
        age=13,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Rehearsals in June.csv",
        papers.rehearsals,
        by((BORIS, 5), (DILAN, 4)),
        age=8,
        expires_in=timedelta(days=30),
        **CONCERT,
    ),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Recordings to be made.txt",
        bytes,
        {},
        age=2,
        comment="Still empty: please add yours.",
        **CONCERT,
    ),
)

LINKS = (
    DemoLink(SCHOOL, CHLOE, "Summer concert 🎻 programme.pdf", "For the parents", uses=23),
    DemoLink(
        SCHOOL,
        CHLOE,
        "Strings in rehearsal.jpg",
        "For the grandparents",
        expires_in=timedelta(hours=6),
        uses=5,
    ),
)
