"""The demo of ``manage.py demo_data``: a museum and a music school."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from example.demo import documents, pictures
from example.demo.plans import DemoFile, DemoLink, Person, Plan
from org_files.models import Role

MUSEUM = "Harbour Museum"
SCHOOL = "Riverside Music School"

ANNA = Person("anna.weber@example.org", "Anna", "Weber", {MUSEUM: Role.ADMIN}, is_superuser=True)
CHLOE = Person("chloe.martin@example.org", "Chloé", "Martin", {SCHOOL: Role.ADMIN})
BORIS = Person(
    "boris.petrov@example.org", "Борис", "Петров", {MUSEUM: Role.MEMBER, SCHOOL: Role.MEMBER}
)
DILAN = Person("dilan.yilmaz@example.org", "Dilan", "Yılmaz", {SCHOOL: Role.VIEWER})  # noqa: RUF001 - Turkish


def _by(*counts: tuple[Person, int]) -> Mapping[str, int]:
    return {person.email: count for person, count in counts}


def _inventory() -> bytes:
    return documents.table(
        ("Number", "Object", "Built", "Material", "Place"),
        [
            ("HM-0017", 'Half model of the schooner "Aurora"', 1878, "oak, brass", "Hall of ships"),
            ("HM-0042", "Sextant, signed J. Ramsden", 1785, "brass, silver", "Instruments"),
            ("HM-0063", "Chart of the estuary, hand-coloured", 1821, "paper", "Maps"),
            ("HM-0108", "Figurehead: woman with a dove", 1850, "pine, painted", "Hall of ships"),
            ("HM-0131", "Diving helmet, three bolts", 1934, "copper", "Depot 3"),
            ("HM-0150", "Logbook of the tug “Titan”", 1926, "paper, leather", "Depot 3"),
        ],
    )


def _climate() -> bytes:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    rows = []
    for hour in range(365 * 24):
        season = -math.cos(2 * math.pi * hour / (365 * 24))
        day = math.sin(2 * math.pi * (hour - 9) / 24)
        temperature = 18.5 + 1.6 * season + 0.4 * day + 0.1 * math.sin(hour * 1.7)
        humidity = 50 + 4 * season - 1.5 * day + 0.6 * math.sin(hour * 0.9)
        moment = start + timedelta(hours=hour)
        rows.append((f"{moment:%Y-%m-%dT%H:%MZ}", f"{temperature:.1f}", f"{humidity:.1f}"))
    return documents.table(("time", "temperature_c", "humidity_percent"), rows)


def _hours() -> bytes:
    days = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return documents.document(
        {
            "museum": MUSEUM,
            "year": 2026,
            "monday": None,
            **{day: {"from": "10:00", "to": "18:00"} for day in days},
            "closed": ["2026-01-01", "2026-12-24", "2026-12-25", "2026-12-31"],
        }
    )


def _catalogue() -> bytes:
    return documents.text(
        "# Паруса",
        "Каталог выставки, Harbour Museum, 2026.",
        "## Зал кораблей",
        "- **Полумодель шхуны «Аврора»**, 1878: дуб, латунь\n"
        "- **Носовая фигура**, около 1850: сосна, роспись",
        "## Зал приборов",
        "- **Секстант**, 1785: латунь, серебро",  # noqa: RUF001 - Russian
    )


def _loan() -> bytes:
    return documents.pdf(
        "Loan agreement",
        "Lender: Harbour Museum",
        "Borrower: Riverside Music School",
        "",
        'Object: half model of the schooner "Aurora", 1878 (HM-0017)',
        "Purpose: stage of the summer concert",
        "Period: 8 June to 29 June 2026",
        "Insured value: 12,000 EUR",
        "",
        "The borrower keeps the object at 16-20 °C, out of direct light,",
        "and returns it in the condition in which it was received.",
    )


def _programme() -> bytes:
    return documents.pdf(
        "Summer concert",
        "Riverside Music School, Sunday 21 June 2026, 17:00",
        "",
        "Antonio Vivaldi: Concerto in A minor, RV 522",
        "Clara Schumann: Romance, op. 22 no. 1",
        "Edvard Grieg: Holberg Suite, op. 40",
        "",
        "Interval",
        "",
        "Songs of the sea: the children's choir",
        "Edward Elgar: Serenade for strings, op. 20",
    )


def _timetable() -> bytes:
    return documents.table(
        ("Day", "Time", "Room", "Lesson", "Teacher"),
        [
            ("Monday", "15:00", "2", "Violin, beginners", "Chloé Martin"),
            ("Monday", "16:30", "2", "Violin, advanced", "Chloé Martin"),
            ("Tuesday", "15:30", "5", "Piano", "Борис Петров"),
            ("Wednesday", "17:00", "Hall", "Children's choir", "Chloé Martin"),
            ("Thursday", "18:00", "Hall", "String orchestra", "Борис Петров"),
        ],
    )


def _notes() -> bytes:
    return documents.text(
        "Für Elise, WoO 59: notes for the lesson",
        "Bars 1-8: keep the left hand quiet, and do not hurry the E and D sharp.",
        "Bars 23-30: slowly and hands apart first; count aloud.",
        "Pedal: change with every harmony, never through the rests.",
    )


def _recital() -> bytes:
    return documents.archive(
        {
            "recital/programme.pdf": _programme(),
            "recital/notes/Für Elise.txt": _notes(),
            "recital/order.csv": documents.table(
                ("Place", "Name", "Piece"),
                [(1, "Mia", "Minuet in G"), (2, "Jonas", "Für Elise"), (3, "Leyla", "Gavotte")],
            ),
        }
    )


EXHIBITION = {"resource": "exhibition", "resource_id": "sails-2026"}
CONCERT = {"resource": "concert", "resource_id": "summer-2026"}

FILES = (
    DemoFile(MUSEUM, BORIS, "Collection inventory.csv", _inventory, _by((ANNA, 6), (BORIS, 3))),
    DemoFile(
        MUSEUM,
        BORIS,
        "Climate log 2025, depot 3.csv",
        _climate,
        _by((ANNA, 2)),
        comment="Hourly, from the sensor above the door.",
    ),
    DemoFile(
        MUSEUM,
        ANNA,
        "Opening hours 2026.json",
        _hours,
        _by((BORIS, 4), (CHLOE, 2), (DILAN, 1)),
        is_public=True,
    ),
    DemoFile(
        MUSEUM, ANNA, "museum-logo.svg", pictures.logo, _by((BORIS, 5), (CHLOE, 1)), is_public=True
    ),
    DemoFile(MUSEUM, BORIS, "Floor plan.png", pictures.floor_plan, _by((ANNA, 8), (BORIS, 2))),
    DemoFile(
        MUSEUM,
        BORIS,
        "Каталог выставки «Паруса».md",
        _catalogue,
        _by((ANNA, 3)),
        comment="Draft, without the pictures.",
        **EXHIBITION,
    ),
    DemoFile(
        MUSEUM,
        ANNA,
        "Harbour at dusk.jpg",
        pictures.harbour,
        _by((ANNA, 2), (BORIS, 7), (CHLOE, 9), (DILAN, 6)),
        comment="For the poster.",
        is_public=True,
        has_renditions=True,
        **EXHIBITION,
    ),
    DemoFile(
        MUSEUM, ANNA, "Loan agreement, schooner model.pdf", _loan, _by((BORIS, 1)), **EXHIBITION
    ),
    DemoFile(SCHOOL, CHLOE, "Timetable spring 2026.csv", _timetable, _by((BORIS, 9), (DILAN, 12))),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Summer concert 🎻 programme.pdf",
        _programme,
        _by((ANNA, 3), (BORIS, 4), (CHLOE, 1), (DILAN, 5)),
        is_public=True,
        **CONCERT,
    ),
    DemoFile(
        SCHOOL, BORIS, 'Teacher\'s notes on "Für Elise".txt', _notes, _by((CHLOE, 2), (DILAN, 3))
    ),
    DemoFile(
        SCHOOL,
        BORIS,
        "Tuning tone A4 (440 Hz).wav",
        lambda: documents.tone(440, 8),
        _by((CHLOE, 6), (DILAN, 11)),
    ),
    DemoFile(
        SCHOOL, BORIS, "metronome 120 bpm.gif", lambda: pictures.metronome(120), _by((DILAN, 8))
    ),
    DemoFile(SCHOOL, CHLOE, "Recital pack.zip", _recital, _by((BORIS, 2), (DILAN, 1)), **CONCERT),
    DemoFile(
        SCHOOL,
        CHLOE,
        "Recordings to be made.txt",
        bytes,
        comment="Still empty: please add yours.",
        **CONCERT,
    ),
)

LINKS = (
    DemoLink(SCHOOL, CHLOE, "Summer concert 🎻 programme.pdf", "For the parents"),
    DemoLink(
        MUSEUM,
        ANNA,
        "Loan agreement, schooner model.pdf",
        "For the lender",
        # As long as the museum's tier allows.
        expires_in=timedelta(seconds=30_000),
        max_downloads=3,
    ),
    DemoLink(
        MUSEUM,
        ANNA,
        "Harbour at dusk.jpg",
        "For the printer",
        expires_in=timedelta(hours=1),
        is_revoked=True,
    ),
)


DEMO = Plan(
    organizations={
        MUSEUM: "Collects, restores and shows the ships of the old harbour.",
        SCHOOL: "Lessons, ensembles and concerts for children and grown-ups.",
    },
    people=(ANNA, CHLOE, BORIS, DILAN),
    files=FILES,
    links=LINKS,
    tiers={MUSEUM: "Enterprise"},
)
