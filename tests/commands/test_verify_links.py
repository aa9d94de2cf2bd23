"""``org_files_verify`` of share links, whose counts are compared with the ledger."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import counters
from org_files.links import redeem, remove_ended_links, verification
from org_files.models import ShareLink
from org_files.testing.factories import make_link

pytestmark = pytest.mark.django_db

COMMAND = ("org_files_verify", "--only", "links")
REQUESTER: dict[str, Any] = {"is_partial": False, "address": "192.0.2.1", "user_agent": "curl"}


@pytest.fixture
def link() -> ShareLink:
    """A link with two downloads, of a file that others download too."""
    link = make_link(max_downloads=5)
    for _ in range(2):
        redeem(link=link, **REQUESTER)
    counters.record_download(file=link.file, user=link.created_by)
    redeem(link=make_link(link.file, link.created_by), **REQUESTER)
    return link


def used(link: ShareLink) -> int:
    return ShareLink.objects.get(pk=link.pk).used


def test_links_that_count_right__exit_with_0(link: ShareLink, run: Any) -> None:
    make_link()

    assert run(*COMMAND) == (0, "links: 3 links verified\n")
    assert run("org_files_verify")[0] == 0


@pytest.mark.parametrize("counted", [0, 1, 3])
def test_wrong_count__is_found_and_repaired_alone(link: ShareLink, run: Any, counted: int) -> None:
    other = ShareLink.objects.exclude(pk=link.pk).get()
    ShareLink.objects.filter(pk=link.pk).update(used=counted)

    status, written = run(*COMMAND)

    assert status == 1
    said = f"link {link.public_id}: the ledger has 2 downloads, counted were {counted}"
    assert f"{said}\n" in written
    assert "links: 1 findings in 2 links" in written
    assert used(link) == counted

    assert f"{said} (repaired)" in run(*COMMAND, "--repair")[1]
    assert (used(link), used(other)) == (2, 1)
    assert run(*COMMAND)[0] == 0


def test_link_without_any_download__is_found_and_counted_anew(run: Any) -> None:
    link = make_link(used=4)

    status, written = run(*COMMAND, "--json", "--repair")

    assert status == 1
    assert json.loads(written)["links"] == {
        "findings": [
            {"link": str(link.public_id), "ledger": 0, "counted": 4, "repaired": True},
        ],
        "warnings": [],
        "checked": {"links": 1},
    }
    assert used(link) == 0


def test_downloads_of_a_removed_link__are_no_finding(link: ShareLink, run: Any) -> None:
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert remove_ended_links(before=timezone.now()) == 1

    assert run(*COMMAND) == (0, "links: 1 links verified\n")


def test_link_that_is_used_while_it_is_looked_at__is_no_finding(
    link: ShareLink, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differing() -> list[int]:
        # As read before other requests changed them; one is gone by now.
        return [*ShareLink.objects.values_list("pk", flat=True), 0]

    monkeypatch.setattr(verification, "_differing", differing)

    assert run(*COMMAND, "--repair") == (0, "links: 2 links verified\n")
