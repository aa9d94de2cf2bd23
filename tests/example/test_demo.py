"""``manage.py demo_data`` and ``demo_tenants``, on the database of the suite."""

import csv
import io
import json
import logging
import re
import wave
import zipfile
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from example.demo import building
from example.demo.plans import DemoFile, DemoLink, Person, Plan
from example.demo.shared_library import DEMO
from example.management.commands.demo_data import Command as DemoData
from example.management.commands.demo_tenants import Command as DemoTenants
from PIL import Image

from org_files import counters, get_file_model, get_organization_model
from org_files.access import get_policy
from org_files.accounts.models import Avatar
from org_files.links import revoke_link
from org_files.models import Download, Membership, Rendition, Role, ShareLink
from tests.example.conftest import logins

pytestmark = pytest.mark.django_db

LINK = re.compile(r"^A share link, which needs no login: (\S+)$", re.MULTILINE)
SCHOOL = "School"
ANN = Person("ann@example.org", "Ann", "", {SCHOOL: Role.ADMIN}, is_superuser=True)
BEN = Person("ben@example.org", "Ben", "", {SCHOOL: Role.VIEWER})
NAMES = ("one.txt", "two.txt", "three.txt")


class Small(DemoTenants):
    """A demo of two people, three files, one of them in the trash, and three links."""

    plan = Plan(
        {SCHOOL: ""},
        [ANN, BEN],
        [
            DemoFile(SCHOOL, ANN, name, name.encode, {BEN.email: 2}, is_trashed=name == NAMES[2])
            for name in NAMES
        ],
        [
            DemoLink(SCHOOL, ANN, NAMES[0], "Over", is_revoked=True),
            DemoLink(SCHOOL, ANN, NAMES[0], "First"),
            DemoLink(SCHOOL, ANN, NAMES[0], "Second", max_downloads=3),
        ],
    )


def run(command=Small, **options):
    output = io.StringIO()
    call_command(command(), stdout=output, **options)
    return output.getvalue()


def report(command=Small, **options):
    return json.loads(run(command, json=True, **options))


def rows():
    models = (get_user_model(), get_organization_model(), get_file_model(), Membership, Download)
    found = [list(model._base_manager.order_by("pk").values_list()) for model in models]
    return found, list(ShareLink.objects.values_list("pk", flat=True))


def test_first_run__says_how_it_goes_and_who_can_log_in():
    output = run(site="http://127.0.0.1:8000")

    assert "Storing the files of School (1 of 1)\n" in output
    assert "School: 2 files, 14 bytes, 6 downloads\n" in output
    assert "The admin is for staff: ann@example.org\n" in output
    assert "ORG_FILES_POLICY" not in output
    printed = logins(output)
    assert list(printed) == [ANN.email, BEN.email]
    for user in get_user_model().objects.all():
        assert user.check_password(printed[user.email])
    [url] = LINK.findall(output)
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/api/shared/[\w-]{43}/", url)
    response = Client().get(url)
    assert (response.status_code, response.getvalue()) == (200, b"one.txt")


def test_second_run__changes_nothing_and_prints_the_same():
    first, before = run(), rows()

    again = run()

    assert "stays as it is" in again
    assert (logins(again), LINK.findall(again)) == (logins(first), LINK.findall(first))
    assert rows() == before


def test_json__is_one_document_from_the_first_run_on():
    document = report(site="https://files.example")

    assert document["policy"] == "OrganizationPolicy"
    assert [(person["email"], person["is_staff"]) for person in document["people"]] == [
        (ANN.email, True),
        (BEN.email, False),
    ]
    assert document["people"][1]["organizations"] == [{"name": SCHOOL, "role": "viewer"}]
    assert document["organizations"] == [{"name": SCHOOL, "files": 2, "bytes": 14, "downloads": 6}]
    found = document["links"]
    assert [(link["file"], link["label"]) for link in found] == [
        (NAMES[0], "First"),
        (NAMES[0], "Second"),
    ]
    assert all(link["url"].startswith("https://files.example/api/shared/") for link in found)
    assert report(site="https://files.example") == document


@pytest.mark.parametrize("service", ["store_file", "trash_file", "create_link"])
def test_run_that_was_interrupted__is_completed_by_the_next(monkeypatch, service):
    real, calls = getattr(building, service), []

    def fail_at_first_or_second(**arguments):
        calls.append(service)
        if len(calls) == (1 if service == "trash_file" else 2):
            raise KeyboardInterrupt
        return real(**arguments)

    monkeypatch.setattr(building, service, fail_at_first_or_second)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.undo()

    assert report()["organizations"] == [{"name": SCHOOL, "files": 2, "bytes": 14, "downloads": 6}]
    assert get_file_model()._base_manager.count() == 3
    assert ShareLink.objects.count() == 3


def test_link_that_was_revoked_since__is_not_printed():
    before = LINK.findall(run())
    revoke_link(link=ShareLink.objects.get(label="First"))
    after = LINK.findall(run())
    revoke_link(link=ShareLink.objects.get(label="Second"))

    assert len(after) == 1
    assert after != before
    assert LINK.findall(run()) == []


def test_person_with_another_password_by_now__is_not_printed_with_ours():
    run()
    user = get_user_model().objects.get(email=BEN.email)
    user.set_password("something else")
    user.save()

    output = run()

    assert "ben@example.org was removed, or has another password by now." in output
    assert list(logins(output)) == [ANN.email]


def test_tenants_under_another_policy__are_warned_about(settings):
    settings.ORG_FILES = {"POLICY": {"BACKEND": "org_files.access.OwnerPolicy"}}

    assert (
        run()
        .splitlines()[-1]
        .endswith("this site runs under OwnerPolicy: start it with ORG_FILES_POLICY=organization.")
    )


@pytest.mark.django_db(transaction=True)
def test_run__leaves_no_events_of_its_own(caplog):
    with caplog.at_level("INFO"):
        run()
        logging.getLogger("org_files.files").info("of somebody")

    assert caplog.messages == ["of somebody"]


def test_passwords__depend_on_the_secret_key(settings):
    printed = []
    for key in ("one", "one", "two"):
        settings.SECRET_KEY = key * 20
        printed.append([person.password for person in DEMO.people])
    one, same, other = printed
    assert one == same
    assert len({*one, *other}) == 2 * len(DEMO.people)


def test_both_demos__can_share_a_database():
    data, others = DemoData.plan, DemoTenants.plan
    assert not {person.email for person in data.people} & {person.email for person in others.people}
    assert not data.organizations.keys() & others.organizations.keys()
    planned = {(link.organization, link.name, link.label) for link in data.links}
    assert len(planned) == len(data.links)


def test_tenants__keep_different_files_of_the_same_names():
    document = report(DemoTenants)

    numbers = range(1, 11)
    assert [person["email"] for person in document["people"]] == [
        f"john{number}@example.org" for number in numbers
    ]
    assert [person["organizations"] for person in document["people"]] == [
        [{"name": f"Tenant {number}", "role": "admin"}] for number in numbers
    ]
    assert {total["files"] for total in document["organizations"]} == {4}
    stored = list(get_file_model().objects.all())
    assert len(stored) == len(DemoTenants.plan.files) == len({file.sha256 for file in stored}) == 60
    assert len({file.name for file in stored}) == 6
    john = get_user_model().objects.get(email="john7@example.org")
    seen = get_policy().visible_files(john).filter(organization__name="Tenant 7")
    assert {(file.resource, file.resource_id, file.name, file.is_public) for file in seen} == {
        ("product", "1", "Data sheet.pdf", True),
        ("product", "1", "Manual.md", False),
        ("product", "1", "Price list.csv", False),
        ("avatar", "1", "Portrait.png", True),
    }
    everything = get_file_model().objects.filter(organization__name="Tenant 7")
    [trashed] = everything.exclude(deleted_at=None)
    [expired] = everything.exclude(expires_at=None)
    assert {trashed, expired} == set(everything) - set(seen)


def sound_length(content):
    with wave.open(io.BytesIO(content)) as sound:
        return sound.getnframes()


READERS = {
    ".csv": lambda content: list(csv.DictReader(io.StringIO(content.decode()), strict=True)),
    ".gif": lambda content: Image.open(io.BytesIO(content)).seek(5) or True,
    ".jpg": lambda content: Image.open(io.BytesIO(content)).verify() is None,
    ".json": json.loads,
    ".md": lambda content: content.decode().startswith("# "),
    ".pdf": lambda content: content.startswith(b"%PDF-1.4") and content.rstrip().endswith(b"%%EOF"),
    ".png": lambda content: Image.open(io.BytesIO(content)).verify() is None,
    ".svg": lambda content: ElementTree.fromstring(content).tag.endswith("svg"),
    ".txt": lambda content: content.decode() is not None,
    ".wav": sound_length,
    ".webm": lambda content: content.startswith(b"\x1a\x45\xdf\xa3") and b"V_VP8" in content,
    ".zip": lambda content: zipfile.ZipFile(io.BytesIO(content)).testzip() is None,
}


def test_demo_data__has_people_in_every_role_and_real_files_of_many_kinds():
    document = report(DemoData)

    roles = {
        person["email"].split(".")[0]: [each["role"] for each in person["organizations"]]
        for person in document["people"]
    }
    assert roles == {
        "anna": ["admin"],
        "chloe": ["admin"],
        "boris": ["member", "member"],
        "dilan": ["viewer"],
        "emma": ["member"],
        "tomas": ["viewer"],
    }
    assert [person["is_staff"] for person in document["people"]] == [True, *[False] * 5]
    assert Avatar.objects.count() == 4
    tiers = get_organization_model().objects.values_list(
        "name", "org_files_subscription__tier__name"
    )
    assert dict(tiers) == {"Harbour Museum": "Enterprise", "Riverside Music School": "School"}
    pictures = [file for file in DEMO.files if file.name.endswith((".gif", ".jpg", ".png"))]
    shown = [file for file in pictures if not file.is_trashed]
    assert len(shown) >= 12
    assert Rendition.objects.count() == 2 * len(shown)
    assert len(document["links"]) == 4
    stored = {file.name: file for file in get_file_model().objects.all()}
    assert len(stored) == len(DEMO.files) >= 36
    assert {Path(name).suffix for name in stored} == READERS.keys()
    contents = {}
    for name, file in stored.items():
        with file.content.open() as opened:
            contents[name] = opened.read()
        assert len(contents[name]) == file.size, name
        assert READERS[Path(name).suffix](contents[name]), name
    assert [name for name, content in contents.items() if not content] == [
        "Recordings to be made.txt"
    ]
    check_month_of_downloads()


def check_month_of_downloads():
    first = timezone.now() - timedelta(days=31)
    moments = Download.objects.values_list("downloaded_at", flat=True)
    assert first < min(moments) < max(moments) < timezone.now()
    for organization in get_organization_model().objects.all():
        days = counters.downloads_per_day(organization=organization, days=32)
        assert sum(1 for _day, count in days if count) > 12
        rows = Download.objects.filter(organization=organization)
        assert sum(count for _day, count in days) == rows.count()
    assert counters.verify().findings == []
    for link in ShareLink.objects.filter(used__gt=0):
        assert Download.objects.filter(link=link).count() == link.used
    assert ShareLink.objects.filter(used__gt=0).count() == 4
