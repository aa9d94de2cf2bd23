import csv
import io
import json
import subprocess
import sys
import wave
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from example.demo.files import FILES
from example.demo.people import PEOPLE
from PIL import Image

from tests.example.conftest import logins
from tests.servers.site import EXAMPLE_PROJECT, LiveSite


def report(site):
    return json.loads(site.manage("demo_data", "--json"))


def run_script(site, script):
    """Run a script in the site's environment, after `django.setup()`."""
    return subprocess.run(
        [sys.executable, "-c", f"import django\ndjango.setup()\n{script}"],
        cwd=EXAMPLE_PROJECT,
        env=site.environment(),
        capture_output=True,
        text=True,
    )


def sound_length(content):
    with wave.open(io.BytesIO(content)) as sound:
        return sound.getnframes()


@pytest.fixture(scope="module")
def library(site, passwords):
    """The names of the files, with their JSON, as anybody in the demo sees them."""
    with httpx.Client(base_url=site.url) as client:
        credentials = {"email": "anna.weber@example.org"}
        credentials["password"] = passwords[credentials["email"]]
        access = client.post("/api/token/", json=credentials).json()["access"]
        client.headers["Authorization"] = f"Bearer {access}"
        listed = client.get("/api/files/", params={"page_size": 200}).json()["results"]
        names = {planned.name for planned in FILES}
        yield {file["name"]: file for file in listed if file["name"] in names}, client


def test_second_run__keeps_the_data_and_the_logins(site, passwords):
    before = report(site)
    assert len(passwords) == 4
    assert logins(site.manage("demo_data")) == passwords
    assert report(site) == before
    assert {login["email"]: login["password"] for login in before["people"]} == passwords


def test_run_that_was_killed__is_completed_by_the_next(tmp_path):
    site = LiveSite(folder=tmp_path)
    site.manage("migrate", "--verbosity", "0")
    killed = run_script(
        site,
        """
import os
from django.core.management import call_command
from org_files import counters
record, left = counters.record_download, 70
def record_seventy(**kwargs):
    global left
    if not left:
        os._exit(9)
    left -= 1
    return record(**kwargs)
counters.record_download = record_seventy
call_command("demo_data")
""",
    )
    assert killed.returncode == 9, killed.stderr
    assert logins(killed.stdout) == {}
    completed = report(site)
    assert len(completed["people"]) == 4
    counts = [(total["files"], total["downloads"]) for total in completed["organizations"]]
    assert counts == [(8, 62), (7, 67)]


def test_what_was_changed_since__stays_as_it_is(copied_site):
    changed = run_script(
        copied_site,
        """
from django.contrib.auth import get_user_model
from django.core.management import call_command
from org_files import get_organization_model
get_organization_model().objects.filter(name="Harbour Museum").update(name="Sea Museum")
users = get_user_model().objects
users.get(email="dilan.yilmaz@example.org").delete()
chloe = users.get(email="chloe.martin@example.org")
chloe.set_password("something else")
chloe.save()
call_command("demo_data")
print(*get_organization_model().objects.order_by("name"), sep="; ")
""",
    )
    printed = logins(changed.stdout)
    assert set(printed) == {"anna.weber@example.org", "boris.petrov@example.org"}, changed.stderr
    assert changed.stdout.splitlines()[-1] == "Riverside Music School; Sea Museum"


def test_passwords__depend_on_the_secret_key(settings):
    printed = []
    for key in ("one", "one", "two"):
        settings.SECRET_KEY = key * 20
        printed.append([person.password for person in PEOPLE])
    one, same, other = printed
    assert one == same
    assert len({*one, *other}) == 8


def test_terminal_of_ascii__does_not_break_the_output(site, passwords):
    terminal = LiveSite({"PYTHONIOENCODING": "ascii"}, folder=site.folder)
    assert logins(terminal.manage("demo_data")) == passwords


def test_people__are_what_they_seem(site, passwords):
    people = {person["email"].split(".")[0]: person for person in report(site)["people"]}
    assert [name for name, person in people.items() if person["is_staff"]] == ["anna"]
    roles = {name: [o["role"] for o in person["organizations"]] for name, person in people.items()}
    assert roles == {
        "anna": ["admin"],
        "chloe": ["admin"],
        "boris": ["member", "member"],
        "dilan": ["viewer"],
    }


def test_organizations__have_tiers_and_one_picture_is_made_smaller_already(site, library):
    files, client = library
    tiers = {tier["id"]: tier["name"] for tier in client.get("/api/tiers/").json()["results"]}
    organizations = client.get("/api/organizations/").json()["results"]
    assert {each["name"]: tiers.get(each["tier"]) for each in organizations} == {
        "Harbour Museum": "Enterprise",
        "Riverside Music School": None,
    }
    script = (
        "from org_files.models import Rendition\n"
        "rows = Rendition.objects.order_by('height').values_list('file__name', 'height')\n"
        "print(*rows, sep='; ')"
    )
    made = run_script(site, script)
    expected = "('Harbour at dusk.jpg', 200); ('Harbour at dusk.jpg', 400)"
    assert made.stdout.strip() == expected, made.stderr
    renditions = files["Harbour at dusk.jpg"]["renditions"]
    assert [rendition["height"] for rendition in renditions] == [200, 400]
    for rendition in renditions:
        content = client.get(rendition["url"]).raise_for_status().content
        assert Image.open(io.BytesIO(content)).height == rendition["height"]


def test_files__are_a_dozen_of_several_kinds(library):
    files, _ = library
    assert len(files) == len(FILES) >= 12
    assert {file["content_type"] for file in files.values()} >= {
        "application/json",
        "application/pdf",
        "application/zip",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "text/csv",
        "text/markdown",
        "text/plain",
    }
    assert any(name.endswith(".wav") and "audio" in files[name]["content_type"] for name in files)


def test_every_file__is_a_real_one_of_its_kind(library):
    files, client = library
    readers = {
        ".csv": lambda content: list(csv.DictReader(io.StringIO(content.decode()), strict=True)),
        ".gif": lambda content: Image.open(io.BytesIO(content)).seek(5) or True,
        ".jpg": lambda content: Image.open(io.BytesIO(content)).load(),
        ".json": json.loads,
        ".md": lambda content: content.decode().startswith("# "),
        ".pdf": lambda content: content.startswith(b"%PDF-1.4") and content.endswith(b"%%EOF\n"),
        ".png": lambda content: Image.open(io.BytesIO(content)).load(),
        ".svg": lambda content: ElementTree.fromstring(content).tag.endswith("svg"),
        ".wav": sound_length,
        ".zip": lambda content: zipfile.ZipFile(io.BytesIO(content)).testzip() is None,
    }
    empty = []
    for name, file in files.items():
        content = client.get(file["content_url"]).raise_for_status().content
        assert len(content) == file["size"], name
        suffix = Path(name).suffix
        if suffix == ".txt":
            content.decode()
        else:
            assert readers[suffix](content), name
        empty += [] if content else [name]
    assert empty == ["Recordings to be made.txt"]


def test_cross_references_of_pdf__point_at_its_objects(library):
    files, client = library
    content = client.get(files["Loan agreement, schooner model.pdf"]["content_url"]).content
    start = int(content.split(b"startxref\n")[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n0 8\n")
    entries = content[start:].split(b"\n")[3:10]
    for number, entry in enumerate(entries, start=1):
        assert content[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)


def test_names__are_as_odd_as_names_are(library):
    files, _ = library
    assert 'Teacher\'s notes on "Für Elise".txt' in files
    assert "Каталог выставки «Паруса».md" in files
    assert "Summer concert 🎻 programme.pdf" in files
