"""A share link ends with its file, and comes back with it alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from org_files.files import restore_file, trash_file
from org_files.models import Download, ShareLink
from tests.rest.contents import CONTENT
from tests.rest.requests import post_file
from tests.rest.shares import ask, fetch, url, used


def test_file_in_the_trash_and_another_under_its_name__is_404(
    client: Client, link: ShareLink
) -> None:
    path = url(link)
    assert client.delete(f"/api/files/{link.file.public_id}/").status_code == 204

    assert post_file(client, CONTENT, link.file.name).status_code == 201

    assert fetch(path)[0] == 404
    assert client.get("/api/links/").json()["count"] == 0


def test_restored_file__is_shared_again_with_what_was_left(
    link: ShareLink,
) -> None:
    ShareLink.objects.update(max_downloads=2)
    assert fetch(link) == (200, CONTENT)
    trash_file(file=link.file)
    for _ in range(3):
        assert fetch(link)[0] == 404

    restore_file(file=link.file)

    assert used(link) == 1
    assert fetch(link) == (200, CONTENT)
    assert fetch(link)[0] == 404


def test_link_that_ended_while_its_file_was_in_the_trash__stays_over(link: ShareLink) -> None:
    trash_file(file=link.file)
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    restore_file(file=link.file)

    assert fetch(link)[0] == 404


def test_parts_of_a_download_under_way__end_with_the_file(link: ShareLink) -> None:
    fetch(link)

    trash_file(file=link.file)

    assert fetch(link, Range="bytes=10-")[0] == 404
    assert ask(link, method="HEAD").status_code == 404


def test_owner_who_is_deleted__takes_the_links_along_and_not_the_ledger(
    user: Any, link: ShareLink
) -> None:
    path = url(link)
    fetch(path)

    user.delete()

    assert fetch(path)[0] == 404
    assert not ShareLink.objects.exists()
    assert Download.objects.get().link_id == link.public_id
