"""``manage.py demo_data``, on the database of the suite, where passwords take no time."""

import csv
import io
import json
import wave
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from django.core.management import call_command
from example.demo.files import FILES
from example.demo.people import PEOPLE
from example.management.commands.demo_data import Command
from PIL import Image

from org_files import get_file_model, get_organization_model
from org_files.models import Rendition


def report():
    output = io.StringIO()
    call_command(Command(), stdout=output, json=True)
    return json.loads(output.getvalue())


def sound_length(content):
    with wave.open(io.BytesIO(content)) as sound:
        return sound.getnframes()


def test_passwords__depend_on_the_secret_key(settings):
    printed = []
    for key in ("one", "one", "two"):
        settings.SECRET_KEY = key * 20
        printed.append([person.password for person in PEOPLE])
    one, same, other = printed
    assert one == same
    assert len({*one, *other}) == 8


def test_people_and_organizations__are_what_they_seem(db):
    people = {person["email"].split(".")[0]: person for person in report()["people"]}
    assert [name for name, person in people.items() if person["is_staff"]] == ["anna"]
    roles = {name: [o["role"] for o in person["organizations"]] for name, person in people.items()}
    assert roles == {
        "anna": ["admin"],
        "chloe": ["admin"],
        "boris": ["member", "member"],
        "dilan": ["viewer"],
    }
    organizations = get_organization_model().objects.values_list(
        "name", "org_files_subscription__tier__name"
    )
    assert dict(organizations) == {"Harbour Museum": "Enterprise", "Riverside Music School": None}
    made = Rendition.objects.order_by("height").values_list("file__name", "height")
    assert list(made) == [("Harbour at dusk.jpg", 200), ("Harbour at dusk.jpg", 400)]


READERS = {
    ".csv": lambda content: list(csv.DictReader(io.StringIO(content.decode()), strict=True)),
    ".gif": lambda content: Image.open(io.BytesIO(content)).seek(5) or True,
    ".jpg": lambda content: Image.open(io.BytesIO(content)).load(),
    ".json": json.loads,
    ".md": lambda content: content.decode().startswith("# "),
    ".pdf": lambda content: content.startswith(b"%PDF-1.4") and content.endswith(b"%%EOF\n"),
    ".png": lambda content: Image.open(io.BytesIO(content)).load(),
    ".svg": lambda content: ElementTree.fromstring(content).tag.endswith("svg"),
    ".txt": lambda content: content.decode() is not None,
    ".wav": sound_length,
    ".zip": lambda content: zipfile.ZipFile(io.BytesIO(content)).testzip() is None,
}


def test_files__are_real_ones_of_many_kinds_under_odd_names(db):
    report()
    files = {file.name: file for file in get_file_model().objects.all()}

    assert len(files) == len(FILES) >= 12
    assert {Path(name).suffix for name in files} == READERS.keys()
    assert len({file.content_type for file in files.values()}) >= 10
    contents = {}
    for name, file in files.items():
        with file.content.open() as stored:
            contents[name] = stored.read()
        assert len(contents[name]) == file.size, name
        assert READERS[Path(name).suffix](contents[name]), name
    empty = [name for name, content in contents.items() if not content]
    assert empty == ["Recordings to be made.txt"]
    assert {
        'Teacher\'s notes on "Für Elise".txt',
        "Каталог выставки «Паруса».md",
        "Summer concert 🎻 programme.pdf",
    } <= files.keys()
    check_cross_references(contents["Loan agreement, schooner model.pdf"])


def check_cross_references(content):
    """Check that the table at the end of a PDF points at its objects."""
    start = int(content.split(b"startxref\n")[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n0 8\n")
    entries = content[start:].split(b"\n")[3:10]
    for number, entry in enumerate(entries, start=1):
        assert content[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)
