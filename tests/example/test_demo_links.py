"""The share links of the demo: one of them is printed, and opens its file."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from example.demo import plans
from example.demo.documents import document
from example.demo.links import LINKS
from example.demo.people import CHLOE, ORGANIZATIONS, PEOPLE, SCHOOL
from example.demo.plans import DemoFile, DemoLink, Plan
from example.management.demo import DemoCommand

from org_files.links import revoke_link
from org_files.models import ShareLink

LINK = re.compile(r"^A share link, which needs no login: (\S+)$", re.MULTILINE)

NAME = "Notes.json"


class Small(DemoCommand):
    """A demo of one file with three links."""

    plan = Plan(
        ORGANIZATIONS,
        PEOPLE,
        [DemoFile(SCHOOL, CHLOE, NAME, lambda: document({}))],
        [
            DemoLink(SCHOOL, CHLOE, NAME, "Over", is_revoked=True),
            DemoLink(SCHOOL, CHLOE, NAME, "First"),
            DemoLink(SCHOOL, CHLOE, NAME, "Second", max_downloads=3),
        ],
    )


def run(**options: Any) -> str:
    output = io.StringIO()
    call_command(Small(), stdout=output, **options)
    return output.getvalue()


@pytest.mark.django_db
def test_open_link__is_printed_with_the_address_of_the_site() -> None:
    [url] = LINK.findall(run(site="http://127.0.0.1:8000"))

    assert re.fullmatch(r"http://127\.0\.0\.1:8000/api/shared/[\w-]{43}/", url)
    assert ShareLink.objects.count() == 3


@pytest.mark.django_db
def test_second_run__makes_no_further_links_and_prints_the_same() -> None:
    first = LINK.findall(run())

    assert LINK.findall(run()) == first
    assert ShareLink.objects.count() == 3


@pytest.mark.django_db
def test_link_that_was_revoked_since__is_not_printed() -> None:
    before = LINK.findall(run())
    revoke_link(link=ShareLink.objects.get(label="First"))
    after = LINK.findall(run())
    revoke_link(link=ShareLink.objects.get(label="Second"))

    assert after != before
    assert len(after) == 1
    assert LINK.findall(run()) == []


@pytest.mark.django_db
def test_json__has_the_links_that_open_something() -> None:
    links = json.loads(run(json=True, site="https://files.example"))["links"]

    assert [(link["file"], link["label"]) for link in links] == [(NAME, "First"), (NAME, "Second")]
    assert all(link["url"].startswith("https://files.example/api/shared/") for link in links)


@pytest.mark.django_db
def test_link_of_the_demo__opens_its_file_without_a_login() -> None:
    [url] = LINK.findall(run(site="http://testserver"))

    response = Client().get(url)

    assert response.status_code == 200
    assert response.getvalue() == document({})
    assert NAME in response.headers["Content-Disposition"]


def test_links_of_the_demo__are_of_every_kind_and_each_of_a_label_of_its_own() -> None:
    assert [bool(link.expires_in) for link in LINKS].count(True) == 2
    assert [link.is_revoked for link in LINKS].count(True) == 1
    assert len({(link.organization, link.name, link.label) for link in LINKS}) == len(LINKS)
    assert all(isinstance(link.creator, plans.Person) for link in LINKS)
