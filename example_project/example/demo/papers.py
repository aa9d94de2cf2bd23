"""Texts, tables and archives of the demo's museum and music school."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from example.demo import documents
from example.demo.people import MUSEUM


def inventory() -> bytes:
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


def climate() -> bytes:
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


def hours() -> bytes:
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


def catalogue() -> bytes:
    return documents.text(
        "# Паруса",
        "Каталог выставки, Harbour Museum, 2026.",
        "## Зал кораблей",
        "- **Полумодель шхуны «Аврора»**, 1878: дуб, латунь\n"
        "- **Носовая фигура**, около 1850: сосна, роспись",
        "## Зал приборов",
        "- **Секстант**, 1785: латунь, серебро",  # noqa: RUF001 - Russian
    )


def loan() -> bytes:
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


def report() -> bytes:
    return documents.pdf(
        "Annual report 2025",
        "Harbour Museum",
        "",
        "Visitors: 48,210 (2024: 44,870)",
        "Objects restored: 37, among them the diving helmet HM-0131",
        'Exhibitions: Knots, Salt, The Tug "Titan"',
        "",
        "The roof of depot 3 was renewed in September.",
    )


def survey() -> bytes:
    answers = (("Locals", 412), ("Guests of the town", 538), ("School classes", 226), ("Press", 9))
    return documents.table(("Visitors", "Answers"), answers)


def press() -> bytes:
    return documents.text(
        "# Sails: an exhibition at the Harbour Museum",
        "12 March to 28 June 2026, Tuesday to Sunday, 10 to 18.",
        "Half models, charts and a figurehead tell how ships were built to use the wind. "
        "Pictures for the press are in this library, free to print until the end of the year.",
    )


def minutes() -> bytes:
    return documents.text(
        "Minutes of 10 February 2026",
        "Present: Anna Weber, Борис Петров, Emma Larsson.",
        "1. The schooner travels to the music school on 8 June; insurance is with the lender.\n"
        "2. Posters go to print on 20 February.\n"
        "3. The climate of depot 3 stays within bounds since the new roof.",
    )


def insurance() -> bytes:
    return documents.pdf(
        "Insurance of loans 2026",
        "Policy 77-1042",
        "",
        'HM-0017  Half model of the schooner "Aurora"   12,000 EUR',
        "HM-0042  Sextant, signed J. Ramsden             18,500 EUR",
    )


def labels() -> bytes:
    return documents.archive(
        {
            "labels/en.txt": press(),
            "labels/ru.md": catalogue(),
            "labels/objects.csv": inventory(),
        }
    )


def programme() -> bytes:
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


def timetable() -> bytes:
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


def notes() -> bytes:
    return documents.text(
        "Für Elise, WoO 59: notes for the lesson",
        "Bars 1-8: keep the left hand quiet, and do not hurry the E and D sharp.",
        "Bars 23-30: slowly and hands apart first; count aloud.",
        "Pedal: change with every harmony, never through the rests.",
    )


def recital() -> bytes:
    return documents.archive(
        {
            "recital/programme.pdf": programme(),
            "recital/notes/Für Elise.txt": notes(),
            "recital/order.csv": documents.table(
                ("Place", "Name", "Piece"),
                [(1, "Mia", "Minuet in G"), (2, "Jonas", "Für Elise"), (3, "Leyla", "Gavotte")],
            ),
        }
    )


def rental() -> bytes:
    return documents.pdf(
        "Rental of an instrument",
        "Riverside Music School",
        "",
        "Instrument: violin, 3/4, number 17",
        "Rent: 12 EUR a month, strings included",
    )


def budget() -> bytes:
    rows = (("Concerts", 4200, 3150), ("Instruments", 6800, 7025), ("Rooms", 9600, 9600))
    return documents.table(("What", "Planned, EUR", "Spent, EUR"), rows)


def rehearsals() -> bytes:
    days = (("Monday", "18:00", "Strings"), ("Wednesday", "17:00", "Choir"))
    return documents.table(("Day", "Time", "Who"), days)


def letter() -> bytes:
    return documents.text(
        "Dear parents,",
        "the summer concert is on Sunday 21 June at 17:00. Children who sing come at 15:30, in "
        "white and blue. The programme is behind the link that you have.",
        "Chloé Martin",
    )
